// INT_R03 as a vendor lives it: appointments booked in its agenda and told to SAS at once, and at every change.
// A booking is a fact whatever SAS answers. What concerns one appointment is told in order, one message after the
// other, unless hostility is asked for (`request.ts`).

import type { Appointment } from 'fhir/r4';
import type { Practice } from '../search/practice.ts';
import { listPointSlots } from '../search/schedule-search.ts';
import { listSlots } from '../search/slot-search.ts';
import { type AgendaSlot, HORIZON_DAYS, type Interval } from '../world/agenda.ts';
import type { BookingRequest, ChangeRequest, Hostility } from './request.ts';
import { type Booking, inventValue, writeAppointment } from './resource.ts';
import type { Message, SasAddress, SasAnswer, SasClient } from './sas-client.ts';

const APPOINTMENTS_MAX = 5_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const CROSSED_MS = 5 * MINUTE_MS;

interface Held {
  booking: Booking;
  slot: AgendaSlot;
  /** Whether the agenda shows it busy. */
  takesSlot: boolean;
  /** Ends when everything said so far has been answered. */
  told: Promise<unknown>;
  answers: readonly SasAnswer[];
}

/** What became of one order of the control port. */
export interface Told {
  /** Of the last message. */
  readonly status: number | null;
  readonly location: string | null;
  /** In the order of sending. */
  readonly answers: readonly SasAnswer[];
  /** As it was sent last. */
  readonly appointment: Appointment;
}

export class Appointments {
  readonly #practice: Practice;
  readonly #client: SasClient;
  readonly #run: string;
  readonly #held = new Map<string, Held>();
  #made = 0;
  #stampMs = 0;

  /** `run` tells the identifiers of one life of the vendor from those of another. */
  constructor(practice: Practice, client: SasClient, run: string) {
    this.#practice = practice;
    this.#client = client;
    this.#run = run;
  }

  get system(): string {
    return `https://${this.#practice.id}.sandbox.test/rdv`;
  }

  list() {
    return [...this.#held.values()].map(({ booking, takesSlot, answers }) => ({
      value: booking.value,
      identifier: booking.identifier,
      status: booking.status,
      start: this.#practice.clock.format(booking.zone, booking.startMs),
      end: this.#practice.clock.format(booking.zone, booking.endMs),
      slot: booking.slot,
      takesSlot,
      answers,
    }));
  }

  /** The numbering goes on: SAS has not forgotten. */
  clear(): void {
    this.#held.clear();
    this.#practice.taken.clear();
  }

  /** A sentence when the agenda or the settings do not allow it. */
  async book(wanted: BookingRequest): Promise<Told | string> {
    const { sas } = this.#practice.settings;
    if (sas === null) return 'Le réglage sas est absent : où annoncer le rendez-vous ?';
    if (this.#held.size >= APPOINTMENTS_MAX) return 'Trop de rendez-vous.';
    const found = this.#find(wanted.identifier, wanted.startMs);
    if (typeof found === 'string') return found;
    const { slot, identifier, isSos } = found;
    this.#made += 1;
    const held: Held = {
      booking: {
        value: inventValue(this.#practice.seed, this.#run, this.#made),
        identifier,
        isSos,
        practitioner: isSos ? undefined : identifier,
        zone: slot.diary.place.town.zone,
        slot: slot.id,
        createdMs: Math.floor(this.#practice.nowMs() / 1000) * 1000,
        startMs: slot.startMs,
        endMs: slot.endMs,
        status: isSos ? 'pending' : 'booked',
      },
      slot,
      takesSlot: false,
      told: Promise.resolve(),
      answers: [],
    };
    this.#held.set(held.booking.value, held);
    if (!wanted.keepSlot) this.#take(held);
    const body = this.#write(held.booking, wanted);
    return this.#tell(held, sas, [{ method: 'POST', body }], wanted.hostile);
  }

  async change(value: string, wanted: ChangeRequest): Promise<Told | string> {
    const { sas } = this.#practice.settings;
    if (sas === null) return 'Le réglage sas est absent : où annoncer le changement ?';
    const held = this.#held.get(value);
    if (held === undefined) return 'Aucun rendez-vous ne porte cet identifiant.';
    const before = held.booking;
    const startMs = wanted.startMs ?? before.startMs;
    const place = startMs === before.startMs ? undefined : this.#freeAt(before.identifier, startMs);
    const lengthMs = place === undefined ? before.endMs - before.startMs : place.endMs - place.startMs;
    const endMs = wanted.endMs ?? startMs + lengthMs;
    if (endMs < startMs) return 'end précède start.';
    const between = { ...before, endMs: before.endMs + CROSSED_MS };
    held.booking = {
      ...before,
      status: wanted.status ?? before.status,
      practitioner: wanted.practitioner ?? before.practitioner,
      startMs,
      endMs,
      slot: place?.id ?? (startMs === held.slot.startMs ? held.slot.id : undefined),
    };
    if (!wanted.keepSlot) this.#move(held, place);
    const earlier = wanted.hostile === 'crossed-puts' ? this.#write(between, wanted) : undefined;
    const messages: Message[] = [{ method: 'PUT', body: this.#write(held.booking, wanted) }];
    if (earlier !== undefined) messages.push({ method: 'PUT', body: earlier });
    return this.#tell(held, sas, messages, wanted.hostile);
  }

  #tell(
    held: Held,
    sas: SasAddress,
    messages: readonly Message[],
    hostile: Hostility | undefined,
  ): Promise<Told> {
    const told = held.told.then(async (): Promise<Told> => {
      const answers = await this.#send(sas, messages, hostile);
      held.answers = [...held.answers, ...answers];
      const last = answers.at(-1);
      const appointment = messages[0]?.body as Appointment;
      return { status: last?.status ?? null, location: last?.location ?? null, answers, appointment };
    });
    held.told = told.catch(() => {});
    return told;
  }

  async #send(
    sas: SasAddress,
    messages: readonly Message[],
    hostile: Hostility | undefined,
  ): Promise<readonly SasAnswer[]> {
    const send = (message: Message): Promise<SasAnswer> => this.#client.send(sas, message);
    if (hostile === 'double-post') return Promise.all(messages.flatMap((one) => [send(one), send(one)]));
    const answers: SasAnswer[] = [];
    for (const message of messages) {
      if (hostile === 'retry-after-timeout') await this.#client.sendAndDrop(sas, message);
      answers.push(await send(message));
    }
    return answers;
  }

  #write(booking: Booking, { hostile, stamp }: BookingRequest | ChangeRequest): Appointment {
    const { id, clock } = this.#practice;
    // Never the same twice, also when the clock is stopped.
    this.#stampMs = Math.max(this.#practice.nowMs(), this.#stampMs + 1);
    const other = id === 'agenda-b' ? 'agenda-a' : 'agenda-b';
    const system = hostile === 'other-identifier' ? `https://${other}.sandbox.test/rdv` : this.system;
    const body = writeAppointment(booking, system, stamp ? this.#stampMs : undefined, clock);
    if (hostile !== 'patient') return body;
    return {
      ...body,
      comment: 'Rappeler la famille de M. Inventé.',
      participant: [...body.participant, { actor: { reference: 'Patient/patient-1' }, status: 'accepted' }],
    };
  }

  #take(held: Held): void {
    this.#practice.taken.take(held.slot.diary, held.slot.startMs);
    held.takesSlot = true;
  }

  /** To `place`, the slot at the new start if there is one; a cancelled appointment takes none. */
  #move(held: Held, place: AgendaSlot | undefined): void {
    if (held.takesSlot) this.#practice.taken.free(held.slot.diary, held.slot.startMs);
    held.takesSlot = false;
    if (place !== undefined) held.slot = place;
    const isThere = held.booking.startMs === held.slot.startMs;
    if (isThere && held.booking.status !== 'cancelled') this.#take(held);
  }

  #freeAt(identifier: string, startMs: number): AgendaSlot | undefined {
    const found = this.#find(identifier, startMs);
    return typeof found === 'string' ? undefined : found.slot;
  }

  /** The first free slot that a search shows, or the one that starts then. */
  #find(
    value: string,
    startMs: number | undefined,
  ): { readonly slot: AgendaSlot; readonly identifier: string; readonly isSos: boolean } | string {
    const { directory, settings } = this.#practice;
    if (settings.slotsPerPractitioner !== null) return 'slotsPerPractitioner est réglé : rien à réserver.';
    const nowMs = this.#practice.nowMs();
    // A minute ahead, so that it has not started when it is told.
    const within = { fromMs: startMs ?? nowMs + MINUTE_MS, toMs: startMs ?? nowMs + HORIZON_DAYS * DAY_MS };
    const owner = directory.findPractitioner(value, settings.population === 'any');
    const association = directory.findAssociation(value);
    const slots = owner !== undefined ? this.#freeOf(owner, within) : [];
    const places = association !== undefined ? this.#freePlaces(association, within) : [];
    const [slot] = [...slots, ...places].sort((a, b) => a.startMs - b.startMs);
    if (owner === undefined && association === undefined) return 'Personne ne porte cet identifiant ici.';
    if (slot === undefined) return 'Aucun créneau libre.';
    const identifier = owner?.person.identifier ?? association?.association.siret ?? value;
    return { slot, identifier, isSos: owner === undefined };
  }

  #freeOf(owner: Parameters<typeof listSlots>[0], within: Interval): readonly AgendaSlot[] {
    return listSlots(owner, within, this.#practice).filter(
      (slot) => isFree(slot) && slot.kinds.some((kind) => kind !== 'CPTS'),
    );
  }

  #freePlaces(
    { points }: { readonly points: readonly Parameters<typeof listPointSlots>[0][] },
    within: Interval,
  ): readonly AgendaSlot[] {
    return points
      .flatMap((point) => listPointSlots(point, within, this.#practice))
      .filter((slot) => isFree(slot) && slot.kinds.some((kind) => kind === 'PUBLIC' || kind === 'SNP'));
  }
}

function isFree({ state, bookable }: AgendaSlot): boolean {
  return state === 'free' && bookable;
}
