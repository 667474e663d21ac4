// Why a call to the hub failed, as the platform tells it: overloaded, restarted, or something else. None of it is a
// relay's or a vendor's doing. https://developers.cloudflare.com/durable-objects/best-practices/error-handling/

import { GatewayError } from '../../../shared/error.ts';

/** Of shared/error.ts. */
export type HubFailureReason = 'hub-lost' | 'hub-overloaded';

const TEXTS: Readonly<Record<HubFailureReason, string>> = {
  'hub-lost': 'Le service interne qui porte les recherches a redémarré ; recommencer est sans risque.',
  'hub-overloaded': 'La passerelle est surchargée ; recommencez dans quelques instants.',
};

/** A call that brought nothing. Its text is the platform's or our own code's, and stays out of the log. */
export class HubFailure extends GatewayError {
  declare readonly reason: HubFailureReason;
  /** The hub had ended, or could not be reached: a new one answers. What was asked may have been begun. */
  readonly isRestart: boolean;

  constructor(reason: HubFailureReason, isRestart = false, cause?: unknown) {
    super({
      reason,
      text: TEXTS[reason],
      ...(cause !== undefined && { detail: describeCause(cause), cause }),
    });
    this.isRestart = isRestart;
  }
}

/** What the platform says of an error of a Durable Object; `durableObjectReset` as workerd sets it on `abort`. */
interface ObjectError {
  readonly name?: unknown;
  readonly overloaded?: unknown;
  readonly retryable?: unknown;
  readonly durableObjectReset?: unknown;
  readonly remote?: unknown;
}

/** Reads what a stub threw. */
export function hubFailureOf(cause: unknown): HubFailure {
  if (cause instanceof HubFailure) return cause;
  const { overloaded, retryable, durableObjectReset } = asObjectError(cause);
  if (overloaded === true) return new HubFailure('hub-overloaded', false, cause);
  return new HubFailure('hub-lost', retryable === true || durableObjectReset === true, cause);
}

/** Class and marks, never the text. */
function describeCause(cause: unknown): string {
  const error = asObjectError(cause);
  const marks = (['overloaded', 'retryable', 'durableObjectReset', 'remote'] as const).filter(
    (mark) => error[mark] === true,
  );
  return [typeof error.name === 'string' ? error.name : typeof cause, ...marks].join(' ');
}

function asObjectError(cause: unknown): ObjectError {
  return typeof cause === 'object' && cause !== null ? cause : {};
}
