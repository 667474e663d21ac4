// The faults in force at one vendor, read from what the control port or a command line gives.

import {
  FAULT_KINDS,
  FAULTS,
  type FaultEntry,
  type FaultKind,
  type FaultStage,
  isFaultKind,
} from './fault-kinds.ts';

const FAULT_ROUTES = ['Slot', 'Schedule', 'Practitioner', 'metadata', 'page'] as const;
type FaultRoute = (typeof FAULT_ROUTES)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Requests it still applies to; null without end. */
  readonly times: number | null;
  /** The one route it applies to; null for both searches. */
  readonly route: FaultRoute | null;
  readonly parameters: Readonly<Record<string, number | string>>;
}

export interface TakenFault {
  readonly kind: FaultKind;
  readonly stage: FaultStage;
  number(name: string): number;
  text(name: string): string;
}

export class FaultSet {
  #faults: Fault[] = [];

  replace(faults: readonly Fault[]): void {
    this.#faults = [...faults];
  }

  list(): readonly Fault[] {
    return this.#faults;
  }

  /** The faults of one request, each counted as used once. */
  take(route: string): readonly TakenFault[] {
    const mine = this.#faults.filter((fault) => isMine(fault, route));
    if (mine.length === 0) return mine.map(openFault);
    this.#faults = this.#faults.flatMap((fault) => {
      if (fault.times === null || !mine.includes(fault)) return [fault];
      return fault.times > 1 ? [{ ...fault, times: fault.times - 1 }] : [];
    });
    return mine.map(openFault);
  }
}

/** Reads one fault or a list, a bare name or an object; a sentence when it is not acceptable. */
export function readFaults(input: unknown): readonly Fault[] | string {
  const faults: Fault[] = [];
  for (const item of Array.isArray(input) ? input : [input]) {
    const fault = readFault(item);
    if (typeof fault === 'string') return fault;
    faults.push(fault);
  }
  return faults;
}

function readFault(input: unknown): Fault | string {
  if (typeof input === 'string') return readFault(openShort(input));
  if (typeof input !== 'object' || input === null) return 'Une panne est un nom ou un objet { kind }.';
  const { kind, times = null, route = null, ...given }: Record<string, unknown> = { ...input };
  if (typeof kind !== 'string' || !isFaultKind(kind)) {
    return `Panne inconnue : ${String(kind)}. Les pannes : ${FAULT_KINDS.join(', ')}.`;
  }
  if (times !== null && !(typeof times === 'number' && Number.isInteger(times) && times > 0)) {
    return 'times est un entier positif.';
  }
  const known = FAULT_ROUTES.find((candidate) => candidate === route);
  if (route !== null && known === undefined) return `route vaut ${FAULT_ROUTES.join(', ')}.`;
  const parameters = readParameters(kind, given);
  return typeof parameters === 'string' ? parameters : { kind, times, route: known ?? null, parameters };
}

/** `hostile:keys` is `hostile` with the one text that it can be told. */
function openShort(text: string): Readonly<Record<string, unknown>> {
  const [kind = '', choice] = text.split(':', 2);
  if (choice === undefined || !isFaultKind(kind)) return { kind: text };
  const { choices = {} }: FaultEntry = FAULTS[kind];
  const [name] = Object.keys(choices);
  return name === undefined ? { kind: text } : { kind, [name]: choice };
}

function readParameters(
  kind: FaultKind,
  given: Readonly<Record<string, unknown>>,
): Fault['parameters'] | string {
  const { parameters: defaults = {}, choices = {} }: FaultEntry = FAULTS[kind];
  const parameters: Record<string, number | string> = { ...defaults };
  for (const [name, value] of Object.entries(given)) {
    const expected = defaults[name];
    if (expected === undefined) return `${kind} n’a pas de paramètre ${name}.`;
    if (typeof expected === 'number') {
      if (typeof value !== 'number' || !(value >= 0)) return `${name} de ${kind} est un nombre positif.`;
      parameters[name] = value;
    } else {
      const allowed = choices[name];
      if (typeof value !== 'string') return `${name} de ${kind} est un texte.`;
      if (allowed?.includes(value) === false) return `${name} de ${kind} vaut ${allowed.join(', ')}.`;
      parameters[name] = value;
    }
  }
  return parameters;
}

function isMine(fault: Fault, route: string): boolean {
  return fault.route === null ? route === 'Slot' || route === 'Schedule' : fault.route === route;
}

function openFault(fault: Fault): TakenFault {
  const read = (name: string): number | string => {
    const value = fault.parameters[name];
    if (value === undefined) throw new Error(`${fault.kind} sans paramètre ${name}`);
    return value;
  };
  return {
    kind: fault.kind,
    stage: FAULTS[fault.kind].stage,
    number: (name) => Number(read(name)),
    text: (name) => String(read(name)),
  };
}
