// The Durable Object that holds the relays: sockets in, typed calls out. It knows which relay serves which
// vendor, hands each search to relays, and passes their answers on without reading them. The sockets are not
// hibernating ones: a Cap'n Web session lives in memory, and a relay dials again after an eviction.

import { DurableObject } from 'cloudflare:workers';
import type { AccountRequest } from '../../shared/link/accounts.ts';
import type { Turn } from '../../shared/link/fair-queue.ts';
import type { EditorFlow } from '../../shared/link/hub.ts';
import type { AppointmentTimes } from '../appointments/model/taken-times.ts';
import { readConfig } from '../base/config.ts';
import type { Env } from '../base/env.ts';
import type { OneTimeToken } from '../http/relay-token.ts';
import type { VendorRow } from '../store/editors.ts';
import { carryAccount } from './carry-account.ts';
import { InFlightCalls } from './in-flight-calls.ts';
import { AwaitedRelays, waitEndMs } from './link/awaited-relays.ts';
import { RelayDoor } from './link/relay-door.ts';
import { type TokenVerdict, UsedTokens } from './link/used-tokens.ts';
import { BookingsHeard, type HearingSearch } from './memory/bookings-heard.ts';
import { HubMemory, type HubPlan } from './memory/search-memory.ts';
import { bookedNow, planShare, UNREAD } from './plan-share.ts';
import {
  HUB_PROTOCOL,
  type HubAccountReply,
  type HubCall,
  type HubCalls,
  type HubDescription,
  type HubListener,
  type HubOutcome,
  type HubReply,
  type HubSearch,
  isHubMethod,
  type Lesson,
  type SenderClaim,
  type SenderVerdict,
} from './reach/calls.ts';
import { RuleTally } from './rule-tally.ts';
import { SearchRun } from './search-run.ts';
import { type SearchTrace, type TraceFilter, TraceRing } from './traces/trace-ring.ts';
import { CallLines } from './turns/call-lines.ts';
import { type Admitted, Callers, type Throttled } from './turns/callers.ts';
import { tellNear } from './turns/tell-near.ts';
import { AnnouncementSaver } from './vendors/announcement-saver.ts';
import { Breakers } from './vendors/breakers.ts';
import { factsOf } from './vendors/facts.ts';
import { VendorHealth } from './vendors/health.ts';
import { HubStorage } from './vendors/hub-storage.ts';
import { Presence } from './vendors/presence.ts';
import { VendorRegistry } from './vendors/registry.ts';
import type { VendorFacts } from './vendors/state.ts';

/** Of the two seconds that a probe has. */
const READY_WAIT_MS = 1_000;
/** What a hub that was never told of a vendor waits for D1's word. */
const FIRST_READ_MS = 3_000;
/** A D1 that says nothing for so long holds up no search of what relays announced. */
const FIRST_SECONDS_MS = 10_000;

/** A search that its caller's limits have let in. */
type TurnedSearch = HubSearch & { readonly turn: Turn };

/** A hub; its methods are documented where the Worker reads them, in reach/calls.ts. */
export class RelayHub extends DurableObject<Env> implements HubCalls {
  readonly #awaited = new AwaitedRelays();
  readonly #running = new Map<string, SearchRun>();
  readonly #health: VendorHealth;
  readonly #registry: VendorRegistry;
  readonly #saver: AnnouncementSaver;
  readonly #tokens: UsedTokens;
  readonly #door: RelayDoor;
  readonly #presence = new Presence(Date.now());
  readonly #rules: RuleTally;
  readonly #traces = new TraceRing();
  readonly #inFlight: InFlightCalls;
  readonly #memory: HubMemory;
  readonly #heard = new BookingsHeard((question) => bookedNow(this.#memory, question));
  readonly #beganMs = Date.now();
  readonly #lines = new CallLines(
    (vendor) => this.#door.serving().filter(({ vendors }) => vendors.has(vendor)).length,
  );
  #callersMade: Callers | undefined;
  #breakersMade: Breakers | undefined;

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    const storage = new HubStorage(context.storage);
    this.#health = new VendorHealth(storage);
    this.#registry = new VendorRegistry(
      storage,
      env.DB,
      () => readConfig(env).claims,
      () => this.#door.review(),
    );
    this.#saver = new AnnouncementSaver(this.#registry, env.DB);
    this.#tokens = new UsedTokens(storage);
    this.#door = new RelayDoor({
      registry: this.#registry,
      saver: this.#saver,
      tokens: this.#tokens,
      awaited: this.#awaited,
      onChange: () => this.#noticePresence(),
    });
    this.#rules = new RuleTally(env.DB);
    this.#memory = new HubMemory(context.storage, env);
    this.#inFlight = new InFlightCalls({
      answered: (vendor, { failure, durationMs }, probe) => {
        const nowMs = Date.now();
        this.#health.note(vendor, failure, nowMs);
        this.#breakers().note(vendor, failure, durationMs, nowMs, probe);
      },
      givenUp: (vendor, probe) => this.#breakers().forgetProbe(vendor, probe, Date.now()),
      over: (vendor, turn) => this.#lines.leave(vendor, turn),
    });
    void context.blockConcurrencyWhile(() => this.#load()).then(() => this.#catchUp());
  }

  /** All that it must know before anything reaches it, from its own storage. */
  async #load(): Promise<void> {
    await Promise.all([this.#health.load(), this.#registry.load(), this.#tokens.load()]);
    const nowMs = Date.now();
    this.#awaited.expect(this.#registry.relaysBefore(nowMs), nowMs);
  }

  /** With D1, behind. */
  #catchUp(): void {
    void this.#registry.follow();
    this.#saver.start();
    void this.#memory.begin();
  }

  /** The one way in for Workers: every method of HubCalls, by name. */
  async call({ method, args }: HubCall): Promise<HubReply> {
    if (!isHubMethod(method)) return { protocol: HUB_PROTOCOL, kind: 'unknown' };
    const run = this[method] as (...args: unknown[]) => Promise<unknown>;
    return { protocol: HUB_PROTOCOL, kind: 'done', value: await run.apply(this, [...args]) };
  }

  /** Takes a relay's WebSocket. accept-relay.ts has verified its token. */
  override fetch(request: Request): Response {
    return this.#door.open(request);
  }

  /** True when at least one relay can be asked. */
  async hasRelay(): Promise<boolean> {
    await this.#waitForAny(Date.now() + READY_WAIT_MS);
    return this.#door.serving().length > 0;
  }

  /** Every vendor that is known. */
  async vendors(): Promise<readonly VendorRow[]> {
    const rows = await this.#knownVendors(FIRST_READ_MS);
    if (rows.length === 0 && !(await this.#registry.known(0))) throw new Error('no word of any vendor yet');
    return rows;
  }

  /** Every SOS association that is known. */
  async associations(): Promise<readonly string[]> {
    return this.#memory.associations.all();
  }

  /** The operator's list of them is another now. */
  async noteAssociations(sirets: readonly string[]): Promise<void> {
    this.#memory.associations.noteListed(sirets);
  }

  /** What searches learned; written to D1 some time later. */
  async learned(lessons: readonly Lesson[]): Promise<void> {
    for (const { tallies, traces, ...lesson } of lessons) {
      this.#traces.note(traces);
      this.#rules.add(tallies);
      this.#memory.learn(lesson);
    }
  }

  /** Of the last searches, those that pass. */
  async traces(filter: TraceFilter, max: number): Promise<readonly SearchTrace[]> {
    return this.#traces.list(filter, max);
  }

  /** Writes what was noted so far. */
  writeRuleCounts(): Promise<void> {
    return this.#rules.flush();
  }

  /** Admits the search, then plans and carries it; `listener` receives each answer. */
  async search(search: HubSearch, listener: HubListener): Promise<HubOutcome> {
    const admitted = this.#admit(search);
    if ('limit' in admitted) return { kind: 'throttled', throttled: admitted };
    const hearing = this.#heard.open(search, (booked) => listener({ kind: 'booked', booked }));
    try {
      return await this.#plan({ ...search, turn: admitted.turn }, listener, hearing);
    } finally {
      hearing.end();
      admitted.end();
    }
  }

  #admit({ id, caller, query, gatherMs, rest }: HubSearch): Admitted | Throttled {
    this.#callersMade ??= new Callers(readConfig(this.env).callerLimits, tellNear);
    const { length: subjects } = query.subjects;
    const about = { id, caller, subjects, isStream: gatherMs === 0, isResumed: rest !== undefined };
    return this.#callersMade.admit(about, Date.now());
  }

  async #plan(asked: TurnedSearch, listener: HubListener, hearing: HearingSearch): Promise<HubOutcome> {
    const startedMs = Date.now();
    if (asked.rest !== undefined) {
      hearing.resume();
      return this.#carry(asked, startedMs, asked.rest, listener);
    }
    const firstMs = Math.min(FIRST_READ_MS, asked.budgetMs / 2);
    const bookings = this.#memory.bookingsKnown(this.#whileYoung(firstMs));
    const [vendors] = await Promise.all([this.#knownVendors(firstMs), bookings]);
    const plan = planShare(this.#memory, asked, this.#registry.isKnown ? vendors : [...vendors, UNREAD]);
    if (plan.calls.length === 0 && plan.covered.length > 0) return { kind: 'done', plan };
    return this.#carry(asked, startedMs, plan, listener, () => hearing.begin(plan));
  }

  /** `startedMs`: when the search reached the hub. `tellPlan`: the plan, to be told first, as it is then. */
  async #carry(
    { id, turn, query, budgetMs, gatherMs, isTraced, traceId, memory = 'used' }: TurnedSearch,
    startedMs: number,
    { calls, askedWindow }: Pick<HubPlan, 'calls' | 'askedWindow'>,
    listener: HubListener,
    tellPlan?: () => HubPlan,
  ): Promise<HubOutcome> {
    await this.#waitForAny(waitEndMs(startedMs, budgetMs));
    if (this.#door.serving().length === 0) return { kind: 'no-relay', ...(tellPlan && { plan: tellPlan() }) };
    const leftMs = budgetMs - (Date.now() - startedMs);
    const about = { id, turn, flow: query.flow, askedWindow, calls, budgetMs: leftMs, gatherMs, isTraced };
    const run = new SearchRun({ ...about, traceId, isAlone: memory !== 'used' }, listener, {
      links: () => this.#door.serving(),
      awaited: this.#awaited,
      inFlight: this.#inFlight,
      lines: this.#lines,
      breakers: this.#breakers(),
    });
    this.#running.set(id, run);
    try {
      const failing = this.#health.failingSince(new Set(calls.map(({ vendor }) => vendor)));
      await run.run(tellPlan && { kind: 'planned', plan: tellPlan(), failing });
    } finally {
      this.#running.delete(id);
    }
    return { kind: 'done' };
  }

  /** An appointment has been written: what it takes is shown no longer, by searches under way neither. */
  takeAppointment(times: AppointmentTimes): Promise<void> {
    this.#memory.takeAppointment(times);
    return this.#heard.tell(times);
  }

  /** Gives up a search whose caller no longer waits. */
  async cancel(id: string): Promise<void> {
    this.#running.get(id)?.abandon();
  }

  /** Hands one message about one account to a relay that serves the vendor; docs/accounts.md. */
  sendAccount(request: AccountRequest): Promise<HubAccountReply> {
    return carryAccount(request, { links: () => this.#door.serving(), awaited: this.#awaited });
  }

  /** What is going on, for operators: the relays of this moment and the searches under way. */
  async describe(): Promise<HubDescription> {
    const unsaved = this.#saver.describe();
    return {
      relays: this.#door.links.all().map((link) => link.describe()),
      searches: this.#running.size,
      calls: this.#inFlight.open,
      breakers: this.#breakers().describe(),
      callers: this.#callersMade?.describe(Date.now()) ?? [],
      ...(unsaved && { unsaved }),
    };
  }

  /** What is remembered of these vendors, for operators. */
  async describeVendors(vendors: readonly string[]): Promise<Readonly<Record<string, VendorFacts>>> {
    const known = { breakers: this.#breakers(), health: this.#health, presence: this.#presence };
    return Object.fromEntries(vendors.map((vendor) => [vendor, factsOf(vendor, known)]));
  }

  /** The operator has changed a vendor's switches, and D1 has them. */
  async noteSwitches(row: VendorRow, isTurned: boolean): Promise<void> {
    this.#registry.noteSwitches(row);
    if (!isTurned) return;
    this.#health.noteSwitched(row.id, Date.now());
    this.#memory.noteSwitched();
  }

  /** An operator has decided who may be what, and D1 has it. */
  async noteClaims(): Promise<void> {
    await this.#registry.refresh();
  }

  /** A hub that never read D1 waits for its word: a relay's own may not be all. */
  async admitSender({ token, by, editor, appointmentSystem }: SenderClaim): Promise<SenderVerdict> {
    if (!(await this.#registry.known(FIRST_READ_MS))) throw new Error('nobody has said who may write yet');
    const may = this.#registry.mayReport(token.relay, editor, appointmentSystem);
    if (may !== 'admitted') return may;
    const verdict = this.#tokens.take(token, by, Date.now(), editor);
    return verdict === 'first' ? may : verdict;
  }

  /** A relay that carries messages of INT_L02 asks for something. */
  async useToken(token: OneTimeToken, by: string): Promise<TokenVerdict> {
    return this.#door.useToken(token, by);
  }

  /** A message of INT_L02 is due. */
  async publishDue(): Promise<void> {
    this.#door.tellDue();
  }

  /** Of an announcement that D1 does not have yet. */
  async hasJustAnnounced(relay: string, vendor: string, flow: EditorFlow): Promise<boolean> {
    return this.#saver.hasJustAnnounced(relay, vendor, flow);
  }

  /** Made at the first search: only then must the settings be right. */
  #breakers(): Breakers {
    const { breakerMode: mode, breakerSlowMs: slowMs } = readConfig(this.env);
    this.#breakersMade ??= new Breakers({ mode, slowMs });
    return this.#breakersMade;
  }

  /** Only a hub that has just begun waits. */
  #waitForAny(untilMs: number): Promise<void> {
    return this.#awaited.wait({ isThere: () => this.#door.serving().length > 0, untilMs });
  }

  /**
   * A hub that never read D1 waits for its word, a part of the search's time and, once a relay has announced vendors, in
   * its first seconds only: a vendor that only another relay serves may not be known yet.
   */
  async #knownVendors(waitMs: number): Promise<readonly VendorRow[]> {
    const isAnnounced = this.#registry.rows().length > 0;
    await this.#registry.known(isAnnounced ? this.#whileYoung(waitMs) : waitMs);
    return this.#registry.rows();
  }

  /** What is left of so long a wait, as only a hub in its first seconds waits. */
  #whileYoung(waitMs: number): number {
    return Math.max(0, Math.min(waitMs, this.#beganMs + FIRST_SECONDS_MS - Date.now()));
  }

  #noticePresence(): void {
    this.#presence.update(new Set(this.#door.serving().flatMap(({ vendors }) => [...vendors])), Date.now());
  }
}
