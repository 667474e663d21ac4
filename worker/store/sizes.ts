// How full the three databases are. D1 tells its size with every answer; past its limit it takes no write, not even the one
// that would close a withdrawn regulator's account. Read by the schedule, which raises the alarm, and by GET /admin/storage.

import { readConfig } from '../base/config.ts';
import type { Env } from '../base/env.ts';
import { log } from '../base/log.ts';
import { DATABASES, STORE_NAMES, type StoreName } from '../gate/stores.ts';
import { guardIdempotent } from './guard.ts';

/** Shares of the limit from which a database is filling, and nearly full. */
const FILLING_SHARE = 0.6;
const NEARLY_FULL_SHARE = 0.8;
/** No more than a probe may take. */
const WAIT_MS = 2_000;

/** One database, measured. */
export interface DatabaseSize {
  readonly name: StoreName;
  /** `unreachable`: it did not answer. */
  readonly state: 'well' | 'filling' | 'nearly-full' | 'unreachable';
  readonly bytes?: number;
  /** Of the limit, 0 to 1. */
  readonly share?: number;
}

type Databases = Pick<Env, (typeof DATABASES)[DatabaseSize['name']]>;

/** Of all three, in the order of docs/storage.md; `bytesMax`: their limit. Never rejects. */
export async function measureDatabases(env: Databases, bytesMax: number): Promise<DatabaseSize[]> {
  return Promise.all(
    STORE_NAMES.map(async (name): Promise<DatabaseSize> => {
      const asked = guardIdempotent(() => env[DATABASES[name]].prepare('SELECT 1').all(), WAIT_MS);
      const bytes = await asked.then(({ meta }) => meta.size_after).catch(() => undefined);
      if (bytes === undefined) return { name, state: 'unreachable' };
      const share = bytes / bytesMax;
      return { name, state: stateAt(share), bytes, share: Math.round(share * 10_000) / 10_000 };
    }),
  );
}

function stateAt(share: number): 'well' | 'filling' | 'nearly-full' {
  if (share >= NEARLY_FULL_SHARE) return 'nearly-full';
  return share >= FILLING_SHARE ? 'filling' : 'well';
}

/** The alarm: a line for each database above 60 % of its limit, an error above 80 %. Three queries. @throws GatewayError misconfigured. */
export async function watchDatabases(env: Env): Promise<void> {
  for (const { name, state, bytes, share } of await measureDatabases(env, readConfig(env).databaseBytesMax)) {
    if (bytes === undefined || share === undefined) continue;
    const fields = { database: name, bytes, percent: Math.floor(share * 100) };
    if (state === 'nearly-full') log('error', 'database-nearly-full', fields);
    else if (state === 'filling') log('warn', 'database-filling', fields);
  }
}
