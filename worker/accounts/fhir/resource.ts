// A regulator as SAS reads it here: the resource of the guide, with one extension per vendor that says where its
// account stands. docs/accounts.md § 2.

import type { Extension } from 'fhir/r4';
import type { JsonObject } from '../../../shared/fhir/json.ts';
import { regulatorResource } from '../../../shared/sas/regulator.ts';
import { isClosed, isDue, newRow } from '../model/ledger.ts';
import type { Regulator } from '../model/regulator.ts';
import type { Pair } from '../tables/accounts.ts';

const ACCOUNT_EXTENSION = 'urn:x-passerelle:account';

/** `none`: withdrawn, and his identifier is another's. `done`: as wanted. `open`: withdrawn, not confirmed. `to-create`, `to-update`: at the next login, or under way. */
type AccountState = 'done' | 'open' | 'to-create' | 'to-update' | 'none';

function accountState(pair: Pair, regulator: Regulator, nowMs: number): AccountState {
  const row = pair.row ?? newRow(regulator.id, pair.editor);
  if (!regulator.active) {
    // Without identifier there is no account that could be his: it is somebody else's name now.
    const isNobody = regulator.identifier === undefined && !row.open && row.confirmed === undefined;
    return isNobody ? 'none' : isClosed(row) ? 'done' : 'open';
  }
  if (!isDue(row, regulator, nowMs)) return 'done';
  return row.confirmed === undefined ? 'to-create' : 'to-update';
}

/** The Practitioner resource of a regulator account, with one extension per vendor that may hold it. */
export function practitionerOf(regulator: Regulator, pairs: readonly Pair[], nowMs: number): JsonObject {
  const { id, version, updatedMs, identifier } = regulator;
  const extension = pairs
    .filter(({ isServed, row }) => isServed || row !== undefined)
    .map((pair) => extensionOf(pair, regulator, nowMs));
  // Somebody without right whose identifier was given away has none left; one withdrawn before he was known, no name.
  const {
    meta,
    identifier: written,
    name,
    telecom,
    ...rest
  } = regulatorResource({
    ...regulator,
    identifier: identifier ?? { system: '', value: '' },
  });
  return {
    resourceType: 'Practitioner',
    id,
    meta: {
      ...(meta as object),
      versionId: String(version),
      lastUpdated: new Date(updatedMs).toISOString(),
    },
    ...(extension.length === 0 ? {} : { extension }),
    ...(identifier === undefined ? {} : { identifier: written }),
    ...(regulator.family === '' ? {} : { name, telecom }),
    ...rest,
  };
}

function extensionOf(pair: Pair, regulator: Regulator, nowMs: number): Extension {
  const { row } = pair;
  const state = accountState(pair, regulator, nowMs);
  const sinceMs =
    state === 'done' || state === 'none'
      ? row?.confirmed?.ms
      : state === 'open'
        ? regulator.withdrawnMs
        : (row?.differsMs ?? regulator.updatedMs);
  const parts: (Extension | undefined)[] = [
    { url: 'vendor', valueCode: pair.editor },
    { url: 'state', valueCode: state },
    sinceMs === undefined ? undefined : { url: 'since', valueInstant: instant(sinceMs) },
    row?.error === undefined ? undefined : { url: 'reason', valueString: row.error.reason },
    row?.nextTryMs === undefined ? undefined : { url: 'nextTry', valueInstant: instant(row.nextTryMs) },
  ];
  return { url: ACCOUNT_EXTENSION, extension: parts.filter((part) => part !== undefined) };
}

/** FHIR instant in UTC. */
export function instant(ms: number): string {
  return new Date(ms).toISOString();
}

/** Weak ETag of the regulator's version. */
export function etagOf({ version }: Regulator): string {
  return `W/"${version}"`;
}
