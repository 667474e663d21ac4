// A row of `accounts` between SQL's columns and the ledger's groups. Pure.

import type { AccountRow } from '../model/ledger.ts';

type Text = string | null;
type Count = number | null;

/** A row of table `accounts`. */
export interface RawAccount {
  readonly regulator: string;
  readonly editor: string;
  readonly revision: number;
  readonly open: number;
  readonly withdrawing: number;
  readonly confirmed_version: Count;
  readonly confirmed_hash: Text;
  readonly confirmed_active: Count;
  readonly confirmed_system: Text;
  readonly confirmed_value: Text;
  readonly confirmed_status: Count;
  readonly confirmed_ms: Count;
  readonly location: Text;
  readonly created_status: Count;
  readonly sent_version: Count;
  readonly sent_hash: Text;
  readonly sent_system: Text;
  readonly sent_value: Text;
  readonly sent_ms: Count;
  readonly doubt_hash: Text;
  readonly doubt_until_ms: Count;
  readonly recheck_ms: Count;
  readonly lease: Text;
  readonly lease_until_ms: Count;
  readonly attempts: number;
  readonly next_try_ms: Count;
  readonly asked_ms: Count;
  readonly differs_ms: Count;
  readonly error: Text;
  readonly error_status: Count;
  readonly error_ms: Count;
  readonly checked_ms: Count;
}

/** From SQL's columns to the ledger's groups. */
export function toAccountRow(raw: RawAccount): AccountRow {
  return {
    regulator: raw.regulator,
    editor: raw.editor,
    revision: raw.revision,
    open: raw.open === 1,
    confirmed:
      raw.confirmed_hash === null
        ? undefined
        : {
            version: raw.confirmed_version ?? 0,
            hash: raw.confirmed_hash,
            identifier: { system: raw.confirmed_system ?? '', value: raw.confirmed_value ?? '' },
            active: raw.confirmed_active === 1,
            status: raw.confirmed_status ?? 0,
            ms: raw.confirmed_ms ?? 0,
          },
    location: raw.location ?? undefined,
    createdStatus: raw.created_status ?? undefined,
    sent:
      raw.sent_hash === null
        ? undefined
        : {
            version: raw.sent_version ?? 0,
            hash: raw.sent_hash,
            identifier: { system: raw.sent_system ?? '', value: raw.sent_value ?? '' },
            ms: raw.sent_ms ?? 0,
          },
    doubt: raw.doubt_hash === null ? undefined : { hash: raw.doubt_hash, untilMs: raw.doubt_until_ms ?? 0 },
    recheckMs: raw.recheck_ms ?? undefined,
    lease: raw.lease === null ? undefined : { id: raw.lease, untilMs: raw.lease_until_ms ?? 0 },
    attempts: raw.attempts,
    nextTryMs: raw.next_try_ms ?? undefined,
    askedMs: raw.asked_ms ?? undefined,
    differsMs: raw.differs_ms ?? undefined,
    error:
      raw.error === null
        ? undefined
        : { reason: raw.error, status: raw.error_status ?? undefined, ms: raw.error_ms ?? 0 },
    checkedMs: raw.checked_ms ?? undefined,
  };
}

/** In the order of the columns in accounts.ts. */
export function rowValues(row: AccountRow): (string | number | null)[] {
  const { confirmed, sent, doubt, lease, error } = row;
  return [
    row.regulator,
    row.editor,
    row.revision,
    row.open ? 1 : 0,
    confirmed?.version ?? null,
    confirmed?.hash ?? null,
    confirmed === undefined ? null : confirmed.active ? 1 : 0,
    confirmed?.identifier.system ?? null,
    confirmed?.identifier.value ?? null,
    confirmed?.status ?? null,
    confirmed?.ms ?? null,
    row.location ?? null,
    row.createdStatus ?? null,
    sent?.version ?? null,
    sent?.hash ?? null,
    sent?.identifier.system ?? null,
    sent?.identifier.value ?? null,
    sent?.ms ?? null,
    doubt?.hash ?? null,
    doubt?.untilMs ?? null,
    row.recheckMs ?? null,
    lease?.id ?? null,
    lease?.untilMs ?? null,
    row.attempts,
    row.nextTryMs ?? null,
    row.askedMs ?? null,
    row.differsMs ?? null,
    error?.reason ?? null,
    error?.status ?? null,
    error?.ms ?? null,
    row.checkedMs ?? null,
  ];
}
