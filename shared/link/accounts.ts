// One message about one regulator's account to one vendor, and what became of it (INT_R02). Types and bounds
// only. The edge decides what is sent and in what order (docs/accounts.md); a relay carries one message once.

import type { VendorFailure } from '../failure.ts';

/** The guide's resource takes 1 kB. */
export const ACCOUNT_BODY_LENGTH_MAX = 16 * 1024;
/** What is read of a vendor's answer: an OperationOutcome, or the account again. */
export const ACCOUNT_REPLY_BYTES_MAX = 64 * 1024;
/** The guide's resources hold 2,600 JSON values in so many bytes; of `{}` in a list there would be 20,000. */
export const ACCOUNT_REPLY_BOUNDS = { bytesMax: ACCOUNT_REPLY_BYTES_MAX, valuesMax: 5_000 } as const;
export const ACCOUNT_LOCATION_LENGTH_MAX = 500;

export interface AccountRequest {
  /** Names the message in both programs' logs; says nothing of whom it is about. */
  readonly id: string;
  readonly editor: string;
  readonly method: 'POST' | 'PUT';
  /** Of a PUT: the identifier that the vendor knows. The guide puts it in the query. */
  readonly identifier?: { readonly system: string; readonly value: string };
  /** The FrPractitionerRegul, as JSON text. */
  readonly body: string;
  /** From the moment the relay reads it, queue and dial included. */
  readonly budgetMs: number;
  /** A withdrawal: passes whatever waits for this vendor. */
  readonly urgent?: boolean;
}

/**
 * Why an answer with a 2xx confirms nothing. An edge of before knows none of them, and takes each as what it is: sent,
 * and not confirmed.
 */
export type AccountDoubt =
  | 'unconfirmed' // a status other than 200, 201 and 204: 202 promises, 207 tells of several
  | 'outcome-error' // an OperationOutcome with an error, or that names no severity
  | 'not-account' // JSON of something else, or a Practitioner under a modifier that is not known
  | 'other-account' // a Practitioner that does not bear the identifier that was sent
  | 'other-right' // `active` is not what was sent; absent, it is true (R4)
  | 'other-content'; // another name or address than the one that was sent

export type AccountReply =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** As the vendor sent it, when it is short enough. */
      readonly location?: string;
      /** Issue codes of its OperationOutcome. Never its texts. */
      readonly codes: readonly string[];
      /** From Retry-After, in seconds. */
      readonly retryAfterS?: number;
      readonly durationMs: number;
    }
  | {
      readonly kind: 'failed';
      readonly reason: VendorFailure | AccountDoubt;
      /** Of an answer that came, and confirms nothing. */
      readonly status?: number;
      /** Of `outcome-error`: its issue codes. */
      readonly codes?: readonly string[];
      /** False: no byte of the request can have been acted upon. True: nobody knows. */
      readonly sent: boolean;
      readonly durationMs: number;
    };
