// What each error of Hub Santé, or of an LRM, means for the message that it names. docs/guide.md G-997.

/**
 * `update`: sent again at once as an update, the LRM knows the appointment. `resend`: sent again as it holds now, while it
 * is of use. `stop`: sending it again would fail the same way: shown with its code, an operator's alarm. `note`: shown,
 * nothing else comes of it: an acknowledgement may still come, or the message ends undelivered.
 */
export type Reaction = 'update' | 'resend' | 'stop' | 'note';

const REACTIONS: Readonly<Record<number, Reaction>> = {
  100: 'stop', // DELIVERY_MODE_INCONSISTENCY
  101: 'stop', // NOT_ALLOWED_CONTENT_TYPE
  102: 'stop', // UNRECOGNIZED_MESSAGE_FORMAT
  200: 'stop', // SENDER_INCONSISTENCY
  300: 'stop', // INVALID_MESSAGE
  // Text that is no JSON seems to bring this one instead of 102: ours to mend either way.
  301: 'stop', // SCHEMA_NOT_FOUND
  400: 'resend', // EXPIRED_MESSAGE_BEFORE_ROUTING
  409: 'update', // CONFLICT
  // The Hub's code spells it DEAD_LETTER_QUEUED: the number counts.
  500: 'resend', // DEAD_LETTERED_QUEUE
  501: 'stop', // UNROUTABLE_MESSAGE
  600: 'stop', // MESSAGE_CONVERSION_ERROR
};

/** 700 to 704, and whatever is new: `note`. */
export function reactionTo(code: number): Reaction {
  return REACTIONS[code] ?? 'note';
}
