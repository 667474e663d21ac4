// What an appointment's state should be after any messages: docs/appointments.md § 3 read again, independently of
// the SQL that the edge runs. Without If-Match.

export interface ModelMessage {
  readonly content: string;
  readonly status: string;
  /** Milliseconds of the vendor's own time. */
  readonly stampMs: number | undefined;
}

const ORDER: readonly (readonly string[])[] = [
  ['proposed', 'waitlist'],
  ['pending'],
  ['booked'],
  ['arrived', 'checked-in'],
  ['cancelled'],
  ['noshow'],
  ['fulfilled'],
  ['entered-in-error'],
];

const rank = (status: string): number => ORDER.findIndex((group) => group.includes(status));

interface Known {
  readonly message: ModelMessage;
  /** Latest time under which this content came. */
  stampMs: number | undefined;
  /** Place of its first arrival. */
  readonly place: number;
}

/** Content of the message that holds. */
export function stateAfter(messages: readonly ModelMessage[]): string {
  const known = new Map<string, Known>();
  for (const message of messages) {
    const before = known.get(message.content);
    if (before === undefined) {
      known.set(message.content, { message, stampMs: message.stampMs, place: known.size });
    } else if (message.stampMs !== undefined) {
      before.stampMs = Math.max(before.stampMs ?? message.stampMs, message.stampMs);
    }
  }
  const all = [...known.values()];
  const [timed] = all
    .filter(({ stampMs }) => stampMs !== undefined)
    .sort((a, b) => (b.stampMs ?? 0) - (a.stampMs ?? 0));
  const [untimed] = all
    .filter(({ stampMs }) => stampMs === undefined)
    .sort((a, b) => rank(b.message.status) - rank(a.message.status) || b.place - a.place);
  if (timed === undefined || untimed === undefined) return (timed ?? untimed)?.message.content ?? '';
  return (rank(untimed.message.status) > rank(timed.message.status) ? untimed : timed).message.content;
}
