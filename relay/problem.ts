// One thing wrong with the settings or the files they name, for people: the field and a French sentence,
// never a value. A dated problem (expired certificate, stale list) must not keep the other vendors from being
// served: `--check` refuses it, a start or a reload only logs it.

export interface Problem {
  /** As `editors[0].certFile`. */
  readonly field: string;
  readonly text: string;
  readonly dated?: boolean;
}

export function isBlocking(problem: Problem): boolean {
  return problem.dated !== true;
}
