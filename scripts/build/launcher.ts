// First file of each Node program of a release, in words that an old Node reads too: it loads the program itself, or says in
// one sentence which Node is wanted. esbuild puts both constants in (scripts/build/programs.ts).

/** Oldest Node that has all the program uses: `24.10.0`. */
declare const NODE_MIN: string;
/** The program beside this file. */
declare const PROGRAM: string;

const [wanted = [], found = []] = [NODE_MIN, process.versions.node].map((text) =>
  text.split('.').map(Number),
);
const at = wanted.findIndex((part, place) => part !== found[place]);
if (at >= 0 && Number(found[at]) < Number(wanted[at])) {
  process.stderr.write(
    `Node ${NODE_MIN} ou plus récent est nécessaire ; celui-ci est Node ${process.versions.node} (${process.execPath}).\n`,
  );
  process.exitCode = 1;
} else {
  await import(PROGRAM);
}

// A module: it awaits.
export {};
