// What an appointment takes while searches are under way: each search that it concerns hears of it before the appointment is
// acknowledged, so that its answer, which leaves later, does not show the slot. One per hub, in its memory.
// docs/appointments.md § 6.

import { within } from '../../../shared/deadline.ts';
import type { AppointmentTimes } from '../../appointments/model/taken-times.ts';
import type { BookedSlot } from './booked-slots-table.ts';
import type { HubPlan, RememberedQuestion } from './search-memory.ts';

/** A Worker that is there hears in a few milliseconds; one that has gone holds up no appointment for longer. */
const HEAR_MS = 1_000;

/** One search, from before its plan is made until its end. */
export interface HearingSearch {
  /** The plan as it is to be told now: with what was taken since it was made. From now on the search hears by events. */
  begin(plan: HubPlan): HubPlan;
  /** The plan was told by a hub that has ended since: the search hears at once what is taken, and by events from now on. */
  resume(): void;
  end(): void;
}

/** Takes all that is taken by now; resolves once the search's Worker has heard. */
type HearBooked = (booked: readonly BookedSlot[]) => unknown;

interface Open {
  readonly question: RememberedQuestion;
  readonly hear: HearBooked;
  /** Its plan has been told. */
  hears: boolean;
  /** Something was taken since its plan was made, and it has not heard. */
  isStale: boolean;
}

/** The searches under way that are to hear. */
export class BookingsHeard {
  readonly #open = new Set<Open>();
  readonly #find: (question: RememberedQuestion) => readonly BookedSlot[];

  /** `find`: all that is taken near a question's window, of whom it asks for, as a plan would say it now. */
  constructor(find: (question: RememberedQuestion) => readonly BookedSlot[]) {
    this.#find = find;
  }

  open(question: RememberedQuestion, hear: HearBooked): HearingSearch {
    const one: Open = { question, hear, hears: false, isStale: false };
    this.#open.add(one);
    return {
      begin: (plan) => {
        one.hears = true;
        return one.isStale ? { ...plan, booked: this.#find(question) } : plan;
      },
      resume: () => {
        one.hears = true;
        void this.#tellOne(one);
      },
      end: () => this.#open.delete(one),
    };
  }

  /** Resolves once every search that these times concern has heard, after a second at the latest. Never rejects. */
  async tell(times: AppointmentTimes): Promise<void> {
    const concerned = [...this.#open].filter(({ question }) => concerns(times, question));
    for (const one of concerned) one.isStale = true;
    const telling = concerned.filter(({ hears }) => hears).map((one) => this.#tellOne(one));
    if (telling.length > 0) await within(Promise.all(telling), HEAR_MS, () => []);
  }

  /** A Worker that has left (deadline, client gone) no longer listens; that is not an error. */
  async #tellOne({ question, hear }: Open): Promise<void> {
    try {
      await hear(this.#find(question));
    } catch {}
  }
}

function concerns({ times }: AppointmentTimes, { query }: RememberedQuestion): boolean {
  return times.some(({ isSos, practitioner }) =>
    query.flow === 'SOS' ? isSos : practitioner === undefined || query.subjects.includes(practitioner),
  );
}
