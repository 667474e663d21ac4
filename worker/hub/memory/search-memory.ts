// What the hub remembers for searches, and how a search is planned from it without leaving the hub's memory: kept answers,
// booked slots, learned routing. D1 is its record, written and read behind. relay-hub.ts gives it the vendors and the
// messages of the Worker. docs/cache.md.

import type { SlotQuery } from '../../../shared/sas/query.ts';
import type { AppointmentTimes } from '../../appointments/model/taken-times.ts';
import { MISTAKEN_MS_MAX } from '../../appointments/tables/taken-times.ts';
import { readConfig } from '../../base/config.ts';
import type { Env } from '../../base/env.ts';
import { log } from '../../base/log.ts';
import type { VendorRow } from '../../store/editors.ts';
import { noteInterfaced, type SeenPair } from '../../store/interfaced.ts';
import { Associations } from './associations.ts';
import { type BookedSlot, BookedSlotsTable } from './booked-slots-table.ts';
import { KEPT_BYTES_MAX, KeptAnswers } from './kept/answers.ts';
import { KeptBehind } from './kept/behind.ts';
import type { KeptNews, KeptPart, KnownRevisions, SubjectPart } from './kept/part.ts';
import { type Concerned, type Plan, planSearch, type SearchQuestion } from './plan.ts';
import { Reconciliation } from './reconcile.ts';
import { HubRouting } from './routing/knowledge.ts';
import { type HubShare, scopeOf } from './routing/table.ts';

/** A search's question, with what the isolate that asks it holds of kept answers. */
export interface RememberedQuestion extends SearchQuestion {
  readonly known?: KnownRevisions;
  /** Which vendors are this hub's; absent: all. */
  readonly share?: HubShare;
}

/** What one search will do, as the hub tells the Worker. */
export interface HubPlan extends Omit<Plan, 'covered'> {
  /** By vendor, places in the list of subjects asked: a kept answer of these is taken, or stands when asking again fails. */
  readonly covered: readonly (readonly [vendor: string, subjects: readonly number[]])[];
  readonly kept: KeptNews;
  /** The appointments near the window. */
  readonly booked: readonly BookedSlot[];
  /** With several hubs: the vendors that the others ask, or would were they not switched off. */
  readonly elsewhere?: Concerned;
}

/** What a search leaves behind besides its counts. */
export interface LearnedAnswers {
  readonly requestId: string;
  readonly flow: SlotQuery['flow'];
  /** Of the hub that was asked; absent: it has all vendors. */
  readonly share?: HubShare;
  /** Fresh answers that are worth keeping. */
  readonly parts: readonly Omit<SubjectPart, 'flow'>[];
  /** Which vendor has answered with slots of whom. */
  readonly seen: readonly SeenPair[];
  /** Of the subjects that every vendor was asked for, those that every vendor has answered. */
  readonly broadcast: readonly string[];
}

/** No vendor's answer is kept longer (`CACHE_TTL_S`, `cacheTtlS`). */
const KEPT_MS_MAX = 3_600_000;
/** A slot of the window may end after it, in the time of an appointment that begins after it. */
const SLOT_MS_MAX = 24 * 3_600_000;

const NOTHING_KEPT: ReadonlyMap<string, readonly KeptPart[]> = new Map();

/** The memory of one hub. */
export class HubMemory {
  readonly #env: Env;
  readonly #kept: KeptAnswers;
  readonly #keptBehind: KeptBehind;
  readonly #booked: BookedSlotsTable;
  readonly associations: Associations;
  readonly #routing: HubRouting;
  readonly #reconciliation: Reconciliation;

  constructor(storage: DurableObjectStorage, env: Env) {
    this.#env = env;
    // Several hubs may live in one isolate.
    this.#kept = new KeptAnswers(crypto.randomUUID(), KEPT_BYTES_MAX / readConfig(env).hubs);
    this.#booked = new BookedSlotsTable(storage);
    this.associations = new Associations(storage, env.DB);
    this.#routing = new HubRouting(env.DB);
    this.#keptBehind = new KeptBehind(env.CACHE, this.#kept);
    this.#reconciliation = new Reconciliation(env.APPOINTMENTS, storage, this.#booked);
  }

  /** Reads behind what D1 has and this hub has not. Never rejects. */
  async begin(): Promise<void> {
    await Promise.all([this.#keptBehind.restore(), this.#reconciliation.begin(), this.associations.begin()]);
  }

  /** Resolves once the bookings of late are known, after `waitMs` at the latest. */
  bookingsKnown(waitMs: number): Promise<void> {
    return this.#reconciliation.known(waitMs);
  }

  /** What this search does. `vendors`: all that are known. @throws GatewayError misconfigured. */
  plan(question: RememberedQuestion, vendors: readonly VendorRow[], nowMs: number): HubPlan {
    const { query, memory = 'used', known } = question;
    const { flow, subjects } = query;
    const config = readConfig(this.#env);
    const isUsed = memory === 'used';
    // A caller that wants every answer renewed wants every vendor asked.
    const isRouted = config.routing.mode === 'learned' && isUsed && question.only === undefined;
    const recalled = {
      vendors,
      kept: isUsed ? this.#kept.find(flow, subjects) : NOTHING_KEPT,
      knowledge: isRouted ? this.#routing.recall(scopeOf(flow, question.share), subjects, nowMs) : undefined,
    };
    const { covered, ...plan } = planSearch(recalled, question, config, nowMs);
    const places = new Map(subjects.map((subject, index) => [subject, index]));
    return {
      ...plan,
      covered: [...covered].map(([vendor, some]) => [vendor, [...some].map((one) => places.get(one) ?? -1)]),
      kept: this.#kept.newsFor(flow, isUsed ? subjects : [], known, nowMs),
      booked: this.bookedFor(query, nowMs),
    };
  }

  /** Takes what a search learned; what D1 is to know of it is written behind. */
  learn({ requestId, flow, share, parts, seen, broadcast }: LearnedAnswers): void {
    const nowMs = Date.now();
    if (parts.length > 0) {
      this.#keptBehind.keep(
        parts.map((part) => ({ flow, ...part })),
        nowMs,
      );
      log('debug', 'availability-kept', { requestId, count: parts.length });
    }
    this.associations.noteSeen(seen);
    if (readConfig(this.#env).routing.mode === 'learned') {
      const scope = scopeOf(flow, share);
      this.#routing.noteHolders(scope, seen);
      void this.#routing.noteBroadcast(scope, broadcast, nowMs);
    }
    noteInterfaced(this.#env.DB, seen, nowMs).catch(() =>
      log('warn', 'interfaced-practitioners-not-noted', { requestId, count: seen.length }),
    );
  }

  /** An appointment has been written: from now on no search shows what it takes. */
  takeAppointment(times: AppointmentTimes): void {
    this.#booked.take([times]);
  }

  /** The operator has switched a vendor: what routing learned while it was away says nothing of it. */
  noteSwitched(): void {
    this.#routing.forgetBroadcasts();
  }

  /** What appointments take near the question's window, of whom it asks for. */
  bookedFor({ flow, window, subjects }: SlotQuery, nowMs: number): BookedSlot[] {
    // What has started is not shown. An appointment that seems over may still name a slot of the window: a vendor's hours
    // are off by its offset from UTC, or by a day.
    const fromMs = Math.max(window.fromMs, nowMs) - MISTAKEN_MS_MAX;
    const range = { fromMs, toMs: window.toMs + SLOT_MS_MAX, liftedSinceMs: nowMs - KEPT_MS_MAX };
    if (flow !== 'SOS') return this.#booked.find(subjects, range);
    const asked = new Set(subjects);
    return this.#booked
      .findSos(range)
      .map((one) =>
        this.associations.servesOthers(one.vendor, asked) ? { ...one, mayBeElsewhere: true } : one,
      );
  }
}
