// Whether the databases still have what was acknowledged. Each carries its identity and a count of acknowledged writes
// (its table `…_mark`, which triggers keep); the gate remembers both elsewhere. Looked at by the schedule each minute, by an
// isolate's first write or read of appointments, by each write's own count, and whenever something is not found: never by a
// search. docs/storage.md "Loss".

import { within } from '../../shared/deadline.ts';
import { GatewayError } from '../../shared/error.ts';
import type { Env } from '../base/env.ts';
import { log } from '../base/log.ts';
import { gateOf } from '../gate/gate-of.ts';
import {
  DATABASES,
  type Fault,
  faultIn,
  isLoss,
  isTold,
  type Loss,
  lossOf,
  STORE_NAMES,
  type StoreAcceptance,
  type StoreMark,
  type StoreName,
  type StoreWord,
  type ToldFault,
} from '../gate/stores.ts';
import { guardStore } from './guard.ts';
import { probeWrites, readMark } from './mark-table.ts';

const GATE_MS = 1_000;
/** What an isolate has seen is good for so long, to those who read; then it looks again. */
const FRESH_MS = 5_000;

type Databases = Pick<Env, 'DB' | 'APPOINTMENTS' | 'CACHE'>;

interface Seen {
  /** When it was last looked at. */
  atMs: number;
  ill: Loss | Fault | undefined;
  /** The highest that this isolate has seen acknowledged. */
  mark: StoreMark | undefined;
  /** The isolate's first look, while it lasts: there is no last word to go by yet. */
  first: Promise<Loss | Fault | undefined> | undefined;
}

/** By environment of each isolate. */
const seen = new WeakMap<object, Map<StoreName, Seen>>();

function seenOf(env: Env, name: StoreName): Seen {
  const key = env.GATE;
  const all = seen.get(key) ?? new Map<StoreName, Seen>();
  seen.set(key, all);
  const known = all.get(name) ?? {
    atMs: Number.NEGATIVE_INFINITY,
    ill: undefined,
    mark: undefined,
    first: undefined,
  };
  all.set(name, known);
  return known;
}

const wordsOf = (cause: unknown): string => (cause instanceof Error ? cause.message : '');

/**
 * Holds one database against what the gate remembers, and tells the gate. `writes`: whether it takes any is tried too.
 * Never rejects; a gate that says nothing leaves the last word standing.
 */
export async function lookAt(env: Env, name: StoreName, writes = false): Promise<Loss | Fault | undefined> {
  const known = seenOf(env, name);
  const isFirst = known.atMs === Number.NEGATIVE_INFINITY && known.first === undefined;
  const looked = look(env, name, writes);
  if (isFirst) known.first = looked;
  const ill = await looked;
  if (known.first === looked) known.first = undefined;
  return ill;
}

async function look(env: Env, name: StoreName, writes: boolean): Promise<Loss | Fault | undefined> {
  const gate = gateOf(env);
  const db = (env as Databases)[DATABASES[name]];
  const known = seenOf(env, name);
  // Whoever comes meanwhile goes by the last word.
  known.atMs = Date.now();
  // Asked first: what is read after it cannot have fewer, whoever writes meanwhile.
  const word = await within(gate.storeWord(name), GATE_MS, () => undefined).catch(() => undefined);
  let found: StoreMark | 'absent' | undefined;
  let ill: Loss | Fault | undefined;
  try {
    found = await readMark(db, name);
    ill = lossOf(word?.mark ?? known.mark, found);
    if (ill === undefined && writes && found !== 'absent') await probeWrites(db, name);
  } catch (cause) {
    ill = faultIn(wordsOf(cause)) ?? (await faultOfRuntime(env)) ?? 'unreachable';
  }
  const mark = found === 'absent' ? undefined : found;
  // Nothing in it was promised to anybody: another one is as good.
  if (name === 'cache' && isLoss(ill) && mark !== undefined) {
    log('warn', 'store-replaced', { database: name, detail: ill });
    await within(gate.acceptStore(name, mark), GATE_MS, () => undefined).catch(() => undefined);
    ill = undefined;
  }
  // That it takes no writes only a try can deny.
  if (ill === undefined && !writes && isFaultOfWrites(word)) ill = word?.ill?.what;
  known.ill = ill;
  if (mark !== undefined && !isLoss(ill)) known.mark = mark;
  await within(gate.tellStore(name, mark, ill), GATE_MS, () => undefined).catch(() => undefined);
  return ill;
}

/** D1 says "internal error" of a file that it cannot open; the runtime of a local edge says why, to whoever started it. */
async function faultOfRuntime({ STORE_FAULTS: told }: Env): Promise<Fault | undefined> {
  if (told === undefined) return undefined;
  const words = told.fetch('http://store/').then((answer) => answer.text());
  return faultIn(await within(words, GATE_MS, () => '').catch(() => ''));
}

/** What this isolate last heard a database say of itself. */
export function faultSeen(env: Env, name: StoreName): ToldFault | undefined {
  const { ill } = seenOf(env, name);
  return isTold(ill) ? ill : undefined;
}

const isFaultOfWrites = (word: StoreWord | undefined): boolean =>
  word?.ill?.what === 'full' || word?.ill?.what === 'read-only';

/** The alarm, each minute: an error for each database that is not well. Nine queries. Never rejects. */
export async function watchStores(env: Env): Promise<void> {
  await Promise.all(
    STORE_NAMES.map(async (name) => {
      const ill = await lookAt(env, name, true);
      if (ill !== undefined)
        log('error', isLoss(ill) ? 'store-lost' : 'store-ill', { database: name, detail: ill });
    }),
  );
}

/** As this isolate last saw it, looked at anew when that is `ageMs` ago. Never rejects. */
export async function lossNow(env: Env, name: StoreName, ageMs = FRESH_MS): Promise<Loss | undefined> {
  const known = seenOf(env, name);
  const isOld = Date.now() - known.atMs >= ageMs;
  const ill = isOld || isLoss(known.ill) ? await lookAt(env, name) : await (known.first ?? known.ill);
  return isLoss(ill) ? ill : undefined;
}

/** @throws GatewayError storage-lost: what was acknowledged may be missing, and "none" would be a lie. */
export async function refuseLost(env: Env, name: StoreName, ageMs?: number): Promise<void> {
  const loss = await lossNow(env, name, ageMs);
  if (loss !== undefined) throw storageLost(name, loss);
}

function storageLost(name: StoreName, loss: Loss): GatewayError {
  return new GatewayError({
    reason: 'storage-lost',
    text: 'Des enregistrements de ce service manquent peut-être ; son exploitant est prévenu. Recommencez plus tard.',
    detail: `${name} ${loss}`,
  });
}

/** What this isolate knows before a write: the write's own count must be above it. */
export function markBefore(env: Env, name: StoreName): StoreMark | undefined {
  return seenOf(env, name).mark;
}

/**
 * After a write, before it is acknowledged: its count, as its transaction read it, is remembered elsewhere. A gate that
 * cannot be told holds up no write for longer than GATE_MS. @throws GatewayError storage-lost, when the database is not the
 * one that `before` was read of, or has gone back.
 */
export async function acknowledge(
  env: Env,
  name: StoreName,
  before: StoreMark | undefined,
  after: StoreMark,
): Promise<void> {
  const loss = lossOf(before, after);
  const known = seenOf(env, name);
  if (loss !== undefined) {
    known.atMs = Number.NEGATIVE_INFINITY;
    await refuseLost(env, name);
  }
  if (known.mark === undefined || known.mark.writes < after.writes) known.mark = after;
  await within(gateOf(env).tellStore(name, after, undefined), GATE_MS, () => undefined).catch(
    () => undefined,
  );
}

/**
 * Takes the database as it is now, after a restore that was meant.
 * @returns what was the matter. @throws GatewayError storage-unavailable, when it cannot be read, or the gate not told.
 */
export async function acceptStore(
  env: Env,
  name: StoreName,
  accepted: StoreAcceptance,
): Promise<Loss | Fault | undefined> {
  const db = (env as Databases)[DATABASES[name]];
  const gate = gateOf(env);
  return guardStore(async () => {
    const [{ ill }, found] = [await gate.storeWord(name), await readMark(db, name)];
    if (found === 'absent') throw new Error('no mark: the migrations are not applied');
    await gate.acceptStore(name, found, accepted);
    Object.assign(seenOf(env, name), { ill: undefined, mark: found, atMs: Date.now() });
    return ill?.what;
  });
}
