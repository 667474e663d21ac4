// One hub's part of a search, from its plan to what its vendors said: the kept answers that are taken, and those that stand
// because asking again failed. Called by find-slots.ts.

import { GatewayError } from '../../shared/error.ts';
import { ANSWER_LENGTH_MAX } from '../../shared/limits.ts';
import type { SlotQuery } from '../../shared/sas/query.ts';
import type { CallResult } from '../hub/call-result.ts';
import { VendorShares } from '../hub/link/vendor-shares.ts';
import { renewedBy, type VendorSubjects } from '../hub/memory/coverage.ts';
import type { HubPlan } from '../hub/memory/search-memory.ts';
import { HubFailure } from '../hub/reach/failure.ts';
import { BookedSlots } from '../memory/booked-slots.ts';
import type { Claims } from '../memory/claims.ts';
import { KeptResults, trimRenewed } from '../memory/kept-results.ts';
import type { KnownRows, RecalledRows } from '../memory/known-rows.ts';
import type { Answers, Asked } from './answers.ts';
import { type Selection, selectSlots } from './selection.ts';

/** What the isolate holds of a hub's kept answers, and what it said of it in the question. */
export interface HeldRows {
  readonly rows: KnownRows;
  readonly recalled: RecalledRows;
}

/** What of a search's parts may be shown. */
export interface ShownParts {
  /** Characters of the answer for all of the hub's vendors. */
  readonly room?: number;
  readonly claims?: Claims | undefined;
}

/** What a hub's vendors said, now or a moment ago. */
export interface SettledPart {
  readonly answers: Answers;
  /** Kept answers that were asked for again in vain. */
  readonly standing: readonly CallResult[];
  /** Why no vendor was reached; undefined when one was, or when a kept answer serves. */
  readonly unreached: GatewayError | undefined;
}

/** A search whose plan is known, while vendors answer and after. */
export class PlannedSearch {
  readonly plan: HubPlan;
  /** Kept answers that are taken, less those asked for again. */
  readonly kept: readonly CallResult[];
  readonly #query: SlotQuery;
  #booked: HubPlan['booked'];
  #bookedSlots: BookedSlots;
  /** Of all parts together. */
  readonly #shares: VendorShares;
  readonly #claims: Claims | undefined;
  readonly #keptResults: KeptResults;
  /** By vendor, subjects asked for again although their kept answer still holds. */
  readonly #renewed: VendorSubjects;

  constructor(query: SlotQuery, plan: HubPlan, { rows, recalled }: HeldRows, shown: ShownParts = {}) {
    const { flow, subjects } = query;
    this.#query = query;
    this.plan = plan;
    this.#shares = new VendorShares(shown.room ?? ANSWER_LENGTH_MAX, plan.vendors.length);
    this.#claims = shown.claims;
    this.#booked = plan.booked;
    this.#bookedSlots = new BookedSlots(plan.booked);
    const covered = new Map(
      plan.covered.map(([vendor, places]) => [vendor, new Set(places.map((place) => subjects[place] ?? ''))]),
    );
    this.#keptResults = new KeptResults(covered, rows.take(flow, subjects, recalled, plan.kept, Date.now()));
    this.#renewed = renewedBy(plan.calls, covered);
    this.kept = this.#keptResults.results(this.#renewed);
  }

  /** What appointments take near the window, as far as the hub has told. */
  get booked(): HubPlan['booked'] {
    return this.#booked;
  }

  /** Takes all that is taken by now: an appointment was written since the plan was made. */
  noteBooked(booked: HubPlan['booked']): void {
    this.#booked = booked;
    this.#bookedSlots = new BookedSlots(booked);
  }

  /** Of vendors of which more has come or is to come than is in `results`. */
  selectPart(results: readonly CallResult[]): Selection {
    const partial = dividedVendors(this.kept, this.plan.calls);
    const about = { query: this.#query, nowMs: Date.now(), bookedSlots: this.#bookedSlots, partial };
    return selectSlots(results, { ...about, shares: this.#shares, claims: this.#claims });
  }

  /** Of answers that have just come. */
  selectNews(news: readonly CallResult[]): Selection {
    return this.selectPart(news.map((result) => trimRenewed(result, this.#renewed)));
  }

  settle(asked: Asked): SettledPart {
    const { vendors, switchedOff, skipped } = this.plan;
    const standing = this.#keptResults.standing(asked.results, this.#renewed);
    const trimmed = asked.results.map((result) => trimRenewed(result, this.#renewed));
    const answers = {
      vendors: vendors.map(({ ttlMs: _, ...vendor }) => {
        const sinceMs = asked.failing[vendor.id];
        return { ...vendor, ...(sinceMs !== undefined && { failingSinceMs: sinceMs }) };
      }),
      switchedOff,
      results: [...this.kept, ...trimmed, ...standing],
      skipped,
      linkBytes: asked.linkBytes,
    };
    const unreached = this.kept.length + standing.length === 0 ? whyUnreached(asked) : undefined;
    return { answers, standing, unreached };
  }
}

/** Vendors whose answer comes in more than one part: several calls, or some of it kept. */
function dividedVendors(kept: readonly CallResult[], calls: HubPlan['calls']): ReadonlySet<string> {
  const whole = new Set<string>();
  const divided = new Set<string>();
  for (const vendor of [
    ...new Set(kept.map(({ call }) => call.vendor)),
    ...calls.map((call) => call.vendor),
  ]) {
    (whole.has(vendor) ? divided : whole).add(vendor);
  }
  return divided;
}

/** No relay could be asked, or all, or the hub, were lost before any vendor had answered. */
function whyUnreached({ results, ended }: Asked): GatewayError | undefined {
  if (ended === 'hub-lost' || ended === 'hub-overloaded') {
    return results.every(({ failure }) => failure?.reason === ended) ? new HubFailure(ended) : undefined;
  }
  // Vendors that had answered before their relay went are not unsaid by it.
  if (ended === 'no-relay' && results.every(({ failure }) => failure?.reason === 'relay-absent')) {
    return new GatewayError({
      reason: 'relay-absent',
      text: "Aucun relais n'est connecté : aucun éditeur n'a pu être interrogé.",
    });
  }
  if (results.length > 0 && results.every(({ failure }) => failure?.reason === 'relay-lost')) {
    return new GatewayError({
      reason: 'relay-lost',
      text: "La liaison avec le relais s'est rompue avant toute réponse.",
    });
  }
  return undefined;
}
