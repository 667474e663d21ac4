// One judgment in progress: where we are in the resource, and what was found. The path is a stack of names
// and indices that is written out only when something is reported, because almost nothing is. No I/O.
import { RULES, type RuleId } from '../table/table.ts';

/** Findings of one judgment: at most this many errors and this many warnings, so that neither hides the other. */
export const FINDING_COUNT_MAX = 500;
/** Names and indices from the root. The deepest legal element of the guide is at about 20. */
const PATH_STEP_COUNT_MAX = 64;

/** One broken rule, and where. */
export interface Finding<Id extends string = RuleId> {
  readonly rule: Id;
  /** FHIRPath of where, e.g. `Slot.serviceType[1].coding[0].code`. */
  readonly expression: string;
  /** What should stand there, when the rule's sentence cannot say it: a profile's URL, a type, codes. */
  readonly expected?: string;
}

export type Json = { readonly [key: string]: unknown };
export type Step = string | number;

/** Whether the value is a JSON object. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The elements of a JSON array; nothing for anything else, which the R4 walk has already reported. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Keys come from outside: only what can be a FHIR element name is repeated in an expression. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/** One of a judgment. It keeps a bounded number of errors, and as many warnings; once it has so many errors it is `full`. */
export class Checker {
  readonly findings: Finding[] = [];
  /** Contained resources of the resource being walked, by id: was it referenced? */
  contained: Map<string, boolean> | undefined = undefined;
  private readonly root: string;
  private readonly path: Step[] = [];
  private depth = 0;
  private errors = 0;
  private warnings = 0;

  constructor(root: string) {
    this.root = root;
  }

  enter(step: Step): void {
    this.path[this.depth] = step;
    this.depth += 1;
  }

  leave(): void {
    this.depth -= 1;
  }

  /** Nothing more can be reported that matters: whoever loops stops. */
  get full(): boolean {
    return this.errors >= FINDING_COUNT_MAX;
  }

  get tooDeep(): boolean {
    return this.depth >= PATH_STEP_COUNT_MAX;
  }

  get errorCount(): number {
    return this.errors;
  }

  /** Reports at the current path, or below it. */
  fail(rule: RuleId, ...steps: Step[]): void {
    this.#report(rule, undefined, steps);
  }

  /** The same, with what should stand there; it is made only when it is reported. */
  failExpecting(rule: RuleId, expected: () => string, ...steps: Step[]): void {
    this.#report(rule, expected, steps);
  }

  #report(rule: RuleId, expected: (() => string) | undefined, steps: readonly Step[]): void {
    if (RULES[rule].severity === 'error') {
      if (this.errors >= FINDING_COUNT_MAX) return;
      this.errors += 1;
    } else {
      if (this.warnings >= FINDING_COUNT_MAX) return;
      this.warnings += 1;
    }
    const finding = { rule, expression: this.render(steps) };
    this.findings.push(expected === undefined ? finding : { ...finding, expected: expected() });
  }

  private render(steps: readonly Step[]): string {
    let text = this.root;
    for (const step of [...this.path.slice(0, this.depth), ...steps]) {
      if (typeof step === 'number') text += `[${step}]`;
      else if (NAME.test(step)) text += `.${step}`;
      else return text;
    }
    return text;
  }
}
