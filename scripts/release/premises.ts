// May this tree be released under this version? A tag that names it, a page that tells it, and the release before it named,
// against which the tests of skew ran.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The part of CHANGELOG.md about one version; undefined when there is none. `Unreleased` is one. */
export function readNotes(changelog: string, version: string): string | undefined {
  const parts = changelog.split(/^(?=## \[)/m);
  return parts.find((part) => part.startsWith(`## [${version}]`))?.trim();
}

/** French sentences; empty when it may. */
export function findUnreadiness(root: string, version: string): readonly string[] {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  const before = JSON.parse(readFileSync(join(root, 'scripts/release/before.json'), 'utf8')) as {
    readonly version: string;
    readonly commit: string;
  };
  const problems: string[] = [];
  if (readNotes(changelog, version) === undefined)
    problems.push(`CHANGELOG.md n'a pas de partie [${version}].`);
  try {
    if (git('status', '--porcelain') !== '')
      problems.push("L'arbre a des changements qui ne sont dans aucun commit.");
    if (!git('tag', '--points-at', 'HEAD').split('\n').includes(`v${version}`)) {
      problems.push(`L'étiquette v${version} n'est pas sur ce commit.`);
    }
    const tags = git('tag', '--list', 'v*', '--sort=-v:refname', '--merged', 'HEAD').split('\n');
    const last = tags.find((tag) => tag !== '' && tag !== `v${version}`);
    if (
      last !== undefined &&
      (last !== `v${before.version}` || git('rev-list', '-n1', last) !== before.commit)
    ) {
      problems.push(`scripts/release/before.json nomme ${before.version} ; la version d'avant est ${last}.`);
    }
  } catch {
    problems.push("Ce n'est pas un clone de git.");
  }
  return problems;
}
