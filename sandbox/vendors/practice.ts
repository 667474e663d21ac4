// What a search of one vendor works on: who it knows, its agenda, its clock and settings, and the JSON already
// written. One object per vendor, so that twenty of them live in one process without touching each other.

import { Agenda, type AgendaSlot } from './agenda.ts';
import { Directory } from './directory.ts';
import { ResourceBuilder } from './resources.ts';
import type { Settings } from './settings.ts';
import { ZoneClock } from './zones.ts';

type WrittenFlow = 'individual' | 'cpts' | 'sos';

const ACTORS_MAX = 60_000;

/** Entries already written. Slots are forgotten with the agenda's day that holds them. */
class WrittenEntries {
  readonly #slots: Readonly<Record<WrittenFlow, WeakMap<AgendaSlot, string>>> = {
    individual: new WeakMap(),
    cpts: new WeakMap(),
    sos: new WeakMap(),
  };
  readonly #actors = new Map<string, string>();

  slot(flow: WrittenFlow, slot: AgendaSlot, write: () => string): string {
    const known = this.#slots[flow].get(slot);
    if (known !== undefined) return known;
    const text = write();
    this.#slots[flow].set(slot, text);
    return text;
  }

  actor(key: string, write: () => string): string {
    const known = this.#actors.get(key);
    if (known !== undefined) return known;
    if (this.#actors.size >= ACTORS_MAX) this.#actors.clear();
    const text = write();
    this.#actors.set(key, text);
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
  readonly written = new WrittenEntries();
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
    this.builder = new ResourceBuilder({
      clock: this.clock,
      agendaUrl: options.agendaUrl,
      internalSystem: `https://${options.id}.sandbox.test/lieux`,
    });
  }

  nowMs(): number {
    return this.settings.now === null ? Date.now() : Date.parse(this.settings.now);
  }

  reset(): void {
    this.settings = this.#initial;
  }
}
