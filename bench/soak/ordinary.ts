// Ordinary callers beside an attack: small searches at a steady pace that read their answer as it comes. Of three
// practitioners each ordinary vendor has slots of two, and only the hostile vendor has slots of the third. Timed are the
// last ordinary vendor's part, which is what a vendor's fault must not delay, and the end, which waits for every vendor.

import { Pool } from 'undici';
import { hash } from '../../sandbox/vendors/world/random.ts';

const CONNECTIONS = 100;
/** workerd closes idle connections after five seconds: long before, so that no question meets a closing one. */
const KEEP_ALIVE_MS = 1_000;
const TICK_MS = 20;
const SUBJECTS = 3;
const TOLD_MAX = 10;
const DAY_MS = 86_400_000;

export interface OrdinaryOptions {
  readonly origin: string;
  readonly token: string;
  readonly perSecond: number;
  readonly seed: number;
  /** Ids of the ordinary vendors: whom slots are from is seen by their ids. */
  readonly vendors: readonly string[];
}

/** Of answered searches, milliseconds since the search was due. */
export interface OrdinarySamples {
  /** When every ordinary vendor's part was there; infinite when one never was. */
  readonly partsMs: number[];
  readonly wholeMs: number[];
}

export class OrdinarySearches {
  asked = 0;
  answered = 0;
  /** Identifiers of ordinary vendors' practitioners that the ledger does not tell as "slots". */
  untrue = 0;
  /** Identifiers told as "none"; somebody has slots of each. */
  falseNone = 0;
  /** How the first failures looked: an answer other than 200, or none. */
  readonly failures: string[] = [];
  /** Why the first answers without an ordinary vendor's part were so. */
  readonly missing: string[] = [];
  readonly #options: OrdinaryOptions;
  readonly #pool: Pool;
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: OrdinaryOptions) {
    this.#options = options;
    this.#pool = new Pool(options.origin, { connections: CONNECTIONS, keepAliveTimeout: KEEP_ALIVE_MS });
  }

  /** The times of those that begin from now on go to `into`. */
  start(into: OrdinarySamples): void {
    const startedMs = performance.now();
    const everyMs = 1_000 / this.#options.perSecond;
    let begun = 0;
    this.#timer = setInterval(() => {
      for (; startedMs + begun * everyMs <= performance.now(); begun += 1)
        this.#launch(into, startedMs + begun * everyMs);
    }, TICK_MS);
  }

  /** Resolves when every search is answered; `start` goes on. */
  async pause(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
  }

  async close(): Promise<void> {
    await this.pause();
    await this.#pool.close();
  }

  #launch(into: OrdinarySamples, dueMs: number): void {
    const asking = this.#ask(this.asked, into, dueMs)
      .catch((error) =>
        this.#fail(error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
      )
      .finally(() => this.#underWay.delete(asking));
    this.asked += 1;
    this.#underWay.add(asking);
  }

  async #ask(rank: number, into: OrdinarySamples, dueMs: number): Promise<void> {
    const { seed, token, vendors } = this.#options;
    // An even one, an odd one and an even one.
    const subjects = subjectsOf(seed, rank, SUBJECTS, true);
    const { statusCode, body } = await this.#pool.request({
      method: 'GET',
      path: slotPath(subjects),
      headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
    });
    if (statusCode !== 200) return this.#fail(`${statusCode} ${(await body.text()).slice(0, 300)}`);
    const missing = new Set(vendors);
    let partsMs = Number.POSITIVE_INFINITY;
    let end = '';
    for await (const { event, data } of readEvents(body)) {
      if (event !== 'part') end = event === 'end' ? data : '';
      else if (missing.size > 0) {
        for (const vendor of missing) if (data.includes(`/Slot/${vendor}-`)) missing.delete(vendor);
        if (missing.size === 0) partsMs = performance.now() - dueMs;
      }
    }
    if (end === '') return this.#fail('no end');
    if (missing.size > 0) tellSome(this.missing, `nothing of ${[...missing].join(', ')}: ${reasonsIn(end)}`);
    this.answered += 1;
    into.partsMs.push(partsMs);
    into.wholeMs.push(performance.now() - dueMs);
    const told = toldOf(end);
    this.falseNone += subjects.filter((subject) => told('none').has(subject)).length;
    this.untrue += subjects.filter((one) => Number(one) % 2 === 0 && !told('slots').has(one)).length;
  }

  #fail(how: string): void {
    tellSome(this.failures, how);
  }
}

function tellSome(list: string[], line: string): void {
  if (list.length < TOLD_MAX) list.push(line);
}

async function* readEvents(body: AsyncIterable<Buffer>): AsyncGenerator<{ event: string; data: string }> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [, event = '', data = ''] = /^event: (\S+)\ndata: (.*)$/s.exec(text.slice(0, end)) ?? [];
      yield { event, data };
      text = text.slice(end + 2);
    }
  }
}

/** Identifiers that the ledger of the last event tells so. */
function toldOf(end: string): (reason: string) => ReadonlySet<string> {
  const { entry } = JSON.parse(end) as {
    readonly entry: readonly [{ readonly resource: { readonly issue: readonly Issue[] } }];
  };
  return (reason) =>
    new Set(
      entry[0].resource.issue
        .filter(({ details }) => details?.coding?.[0]?.code === reason)
        .flatMap(({ diagnostics = '' }) => /\bsubjects=(\S+)/.exec(diagnostics)?.[1]?.split(',') ?? [])
        .map((one) => one.split(':')[0] ?? ''),
    );
}

/** Which vendors' answers are missing in the ledger of the last event, and why. */
function reasonsIn(end: string): string {
  return [...new Set(end.match(/\beditor=\S+ reason=[\w-]+/g))].join(', ');
}

interface Issue {
  readonly details?: { readonly coding?: readonly { readonly code: string }[] };
  readonly diagnostics?: string;
}

/** Different ones, the same for the same seed and rank, odd and even by turns. `beginsEven`: the first is even. */
export function subjectsOf(seed: number, rank: number, count: number, beginsEven = false): string[] {
  const drawn = hash(seed, rank, 'subjects') % 1_000_000;
  const first = beginsEven ? drawn - (drawn % 2) : drawn;
  return Array.from(
    { length: count },
    (_, index) => `899900${String((first + index * 997) % 1_000_000).padStart(6, '0')}`,
  );
}

/** INT_R01 for two days from now. */
export function slotPath(subjects: readonly string[]): string {
  const instant = (ms: number): string => new Date(ms).toISOString().replace('Z', '%2B00:00');
  const fromMs = Date.now();
  return (
    '/fhir/Slot?_include=Slot:schedule&_include:iterate=Schedule:actor' +
    `&start=ge${instant(fromMs)}&start=le${instant(fromMs + 2 * DAY_MS)}&status=free` +
    `&schedule.actor:Practitioner.identifier=${subjects.map((one) => `urn:oid:1.2.250.1.71.4.2.1%7C${one}`).join(',')}`
  );
}
