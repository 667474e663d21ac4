// What comes back over `.ack` and `.info`: an acknowledgement of an LRM, or an error of the Hub or of an LRM. Everything
// but what tells the message it speaks of is optional, as the guide, the DST and the published examples differ on the rest:
// nothing is refused for its form, and no queue decides what a message is. docs/guide.md G-993. No I/O; never throws.

import { asFiniteNumber, asList, asObject, asText, type JsonObject } from '../../../shared/fhir/json.ts';

/** An LRM has received a message: it says no more than that. */
interface AckReply {
  readonly kind: 'ack';
  /** `senderID`; undefined: not said. */
  readonly sender: string | undefined;
  /** distributionID of the message of ours. */
  readonly reference: string;
  /**
   * How far the LRM is with it: `RECU`, `ERREUR`, `INTEGRE`, `CONSULTE`, `SUPPRIME`; in capitals, another word as it came.
   */
  readonly step: string | undefined;
  /** The LRM refuses the message; the error comes by itself, as the message of that distributionID. */
  readonly isRefused: boolean;
  readonly errorDistributionId: string | undefined;
}

/** A message of ours has failed. */
interface ErrorReply {
  readonly kind: 'error';
  /** `fr.health.hub`, or the LRM; undefined: not said. */
  readonly sender: string | undefined;
  /** distributionID of the message of ours; undefined: the Hub could not read it. */
  readonly reference: string | undefined;
  /** error-codes.ts; 0: none that is a whole number of six digits at most. */
  readonly code: number;
  /** Cut to 100 characters. */
  readonly name: string;
  /** Cut to 1,000 characters: somebody else's text. */
  readonly cause: string;
}

/** `json`: no JSON, cut short perhaps. `shape`: neither an acknowledgement nor an error. */
interface Unreadable {
  readonly kind: 'unreadable';
  readonly why: 'json' | 'shape';
}

export type Reply = AckReply | ErrorReply | Unreadable;

/** What the Hub writes in `referencedDistributionID` when it could not read ours. */
const NOT_EXTRACTED = 'distributionID_could_not_be_extracted';
const ID_LENGTH_MAX = 255;
const NAME_LENGTH_MAX = 100;
const CAUSE_LENGTH_MAX = 1_000;

/** What a text of a queue says; never throws. */
export function readReply(text: string): Reply {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'unreadable', why: 'json' };
  }
  const envelope = asObject(value);
  const message = messageOf(envelope);
  const sender = idOf(envelope?.senderID) ?? idOf(asObject(message?.sender)?.name);
  const error = asObject(message?.error);
  if (error !== undefined) return readError(error, sender);
  const reference = asObject(message?.reference);
  const of = idOf(reference?.distributionID);
  if (reference === undefined || of === undefined) return { kind: 'unreadable', why: 'shape' };
  return {
    kind: 'ack',
    sender,
    reference: of,
    step: asText(reference.step)?.toUpperCase().slice(0, NAME_LENGTH_MAX),
    isRefused: reference.refused === true,
    errorDistributionId: idOf(reference.errorDistributionID),
  };
}

function readError(error: JsonObject, sender: string | undefined): ErrorReply {
  const errorCode = asObject(error.errorCode);
  const reference = idOf(error.referencedDistributionID);
  return {
    kind: 'error',
    sender,
    reference: reference === NOT_EXTRACTED ? undefined : reference,
    code: codeOf(errorCode?.statusCode),
    name: asText(errorCode?.statusString)?.slice(0, NAME_LENGTH_MAX) ?? '',
    cause: asText(error.errorCause)?.slice(0, CAUSE_LENGTH_MAX) ?? '',
  };
}

/** The first content of the envelope, which may be a list or stand alone. */
function messageOf(envelope: JsonObject | undefined): JsonObject | undefined {
  const content = asObject(asList(envelope?.content)[0] ?? envelope?.content);
  return asObject(asObject(asObject(content?.jsonContent)?.embeddedJsonContent)?.message);
}

/** What is no such number would find no place in the table that keeps it, and keep all that came beside it out. */
function codeOf(value: unknown): number {
  const text = asText(value) ?? String(asFiniteNumber(value));
  return /^\d{1,6}$/.test(text) ? Number(text) : 0;
}

/** One that is too long is none of ours. */
function idOf(value: unknown): string | undefined {
  const text = asText(value);
  return text !== undefined && text.length <= ID_LENGTH_MAX ? text : undefined;
}
