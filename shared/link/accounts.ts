// One message about one regulator's account to one vendor, and what became of it (INT_R02). Types and bounds
// only. The edge decides what is sent and in what order (docs/accounts.md); a relay carries one message once.

import type { VendorFailure } from './relay.ts';

/** The guide's resource takes 1 kB. */
export const ACCOUNT_BODY_LENGTH_MAX = 16 * 1024;
/** What is read of a vendor's answer: an OperationOutcome, or the account again. */
export const ACCOUNT_REPLY_BYTES_MAX = 64 * 1024;
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
      readonly reason: VendorFailure;
      /** False: no byte of the request can have been acted upon. True: nobody knows. */
      readonly sent: boolean;
      readonly durationMs: number;
    };
