// What a search of one vendor works on: who it knows, its agenda, its clock and settings, and what writes it
// as JSON. One object per vendor, so that twenty of them live in one process without touching each other.

import type { Settings } from '../settings.ts';
import { Agenda, type AgendaSlot, type Interval } from '../world/agenda.ts';
import { type Diary, Directory } from '../world/directory.ts';
import { TakenSlots } from '../world/taken-slots.ts';
import { ZoneClock } from '../world/zones.ts';
import { ResourceBuilder } from './resources.ts';
import { SlotWriter } from './slot-writer.ts';

const ACTORS_MAX = 3_000;

/** Entries of practitioners, roles and schedules, already written. */
class WrittenActors {
  readonly #texts = new Map<string, string>();

  get(key: string, write: () => string): string {
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    if (this.#texts.size >= ACTORS_MAX) this.#texts.clear();
    const text = write();
    this.#texts.set(key, text);
    return text;
  }
}

export interface PracticeOptions {
  readonly id: string;
  readonly seed: number;
  /** FHIR base address, without a final slash. */
  readonly base: string;
  readonly agendaUrl: string;
  readonly settings: Settings;
}

export class Practice {
  readonly id: string;
  readonly seed: number;
  readonly base: string;
  readonly clock = new ZoneClock();
  readonly directory: Directory;
  readonly agenda: Agenda;
  readonly builder: ResourceBuilder;
  readonly slotWriter: SlotWriter;
  readonly actors = new WrittenActors();
  readonly taken = new TakenSlots();
  readonly #initial: Settings;
  settings: Settings;

  constructor(options: PracticeOptions) {
    this.id = options.id;
    this.seed = options.seed;
    this.base = options.base;
    this.settings = options.settings;
    this.#initial = options.settings;
    this.directory = new Directory(options.seed);
    this.agenda = new Agenda(options.seed, this.clock);
    this.builder = new ResourceBuilder(`https://${options.id}.sandbox.test/lieux`);
    this.slotWriter = new SlotWriter(options.base, options.agendaUrl, this.clock);
  }

  /** Slots of every state of a calendar, as the settings have them written. */
  list(diary: Diary, within: Interval, communities: boolean): readonly AgendaSlot[] {
    const slots = this.taken.mark(this.agenda.list(diary, within, this.nowMs(), communities));
    if (this.settings.walkInPages === 'some') return slots;
    return slots.map((slot) => (slot.bookable ? slot : { ...slot, bookable: true }));
  }

  nowMs(): number {
    return this.settings.now === null ? Date.now() : Date.parse(this.settings.now);
  }

  reset(): void {
    this.settings = this.#initial;
  }
}
