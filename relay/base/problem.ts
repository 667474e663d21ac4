// One thing wrong with the settings or the files they name, for people: the field and a French sentence,
// never a value. A dated problem (expired certificate, stale list) must not keep the other vendors from being
// served: `--check` refuses it, a start or a reload only logs it. A problem of one vendor's entry keeps that vendor
// out, or on its old entry, and nobody else.

export interface Problem {
  /** As `editors[0].certFile`. */
  readonly field: string;
  readonly text: string;
  readonly dated?: boolean;
  /** The id of the one vendor that it concerns. */
  readonly editor?: string;
}

/** What it concerns cannot be used as it is. */
export function isBlocking(problem: Problem): boolean {
  return problem.dated !== true;
}

/** Nothing can be served until it is mended. */
export function stopsStart(problem: Problem): boolean {
  return isBlocking(problem) && problem.editor === undefined;
}
