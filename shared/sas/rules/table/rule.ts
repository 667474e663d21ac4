// What a rule is. Tables of rules are written as `severity [page] sentence`,
// so that a row stays on one line and a wrong severity does not compile. The reader of vendors' answers
// declares its own table (severity `repaired`) in the same form. No I/O, no clock.

/** `error`: never leaves the edge. `warning`: passes, and is counted. `repaired`: the reader put it right. */
type Severity = 'error' | 'warning' | 'repaired';

export interface Rule {
  readonly id: string;
  readonly severity: Severity;
  /** Profile, resource or datatype, e.g. `Slot`. */
  readonly on: string;
  /** One French sentence for a vendor's engineer. */
  readonly text: string;
  /** Page of the guide: a source key (`PS`, `FAQ`, `R4`) or a profile's name. */
  readonly page: string;
}

export type RuleRow = `${Severity} [${string}] ${string}`;

const ROW = /^(error|warning|repaired) \[([^\]]+)\] (.+)$/;

/** Rules of one profile or resource. The ids are the keys: they become a closed union. */
export function defineRules<const Id extends string>(
  on: string,
  rows: Readonly<Record<Id, RuleRow>>,
): Readonly<Record<Id, Rule>> {
  const rules: Partial<Record<Id, Rule>> = {};
  for (const id in rows) {
    const [, severity, page, text] = ROW.exec(rows[id]) ?? [];
    if (severity === undefined || page === undefined || text === undefined) {
      throw new TypeError(`rule ${id}: not "severity [page] sentence"`);
    }
    rules[id] = { id, severity: severity as Severity, on, text, page };
  }
  return rules as Record<Id, Rule>;
}
