// The version and its date as package.json states them, and what `npm run build` puts into each program: of which commit and
// when it was made. Worker and relay announce them (CapabilityStatement, user agent, hello of the link, /healthz, metrics).

import manifest from '../package.json' with { type: 'json' };

/** What a build is made of. A program that runs from its sources has none. */
export interface Build {
  /** Full hash of the commit, with `-dirty` after it when the tree held changes; absent when it was built without git. */
  readonly commit?: string;
  /** ISO instant, to the second: of the commit, or of the build itself when its tree is no commit's. */
  readonly time: string;
}

/** Put in by scripts/build/main.ts. */
declare const PASSERELLE_BUILD: Build | undefined;
const build = typeof PASSERELLE_BUILD === 'undefined' ? undefined : PASSERELLE_BUILD;

/** `number`: semantic version; `date`: the day of that version, `YYYY-MM-DD`; `build`: absent when run from the sources. */
export const VERSION: { readonly number: string; readonly date: string; readonly build?: Build } = {
  number: manifest.version,
  date: manifest.date,
  ...(build && { build }),
};

/** Digits of a commit that tell it from any other of this repository. */
const COMMIT_DIGITS = 12;

/** On one line, for people: `0.1.0 (1a2b3c4d5e6f, 2026-11-30T18:00:00Z)`, or `0.1.0 (sources)`. */
export function describeVersion({ number, build }: typeof VERSION = VERSION): string {
  if (build === undefined) return `${number} (sources)`;
  const commit = build.commit?.replace(/^([0-9a-f]+)/, (hash) => hash.slice(0, COMMIT_DIGITS));
  return `${number} (${commit === undefined ? '' : `${commit}, `}${build.time})`;
}
