// npm run lock -- [--check]: takes out of package-lock.json the `engines` of packages that would have npm warn on a Node that
// the README allows. npm judges them by the Node that runs npm; every program of ours, and every tool, runs on the pinned Node,
// and by that one they are judged here. `npm run check` refuses a lock that is not so. docs/decisions/0009-tooling.md.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { satisfies, subset } from 'semver';
import { readFlags } from '../sandbox/base/flags.ts';

const ROOT = join(import.meta.dirname, '..');
const FILE = join(ROOT, 'package-lock.json');

interface LockedPackage {
  version?: string;
  optional?: boolean;
  engines?: Readonly<Record<string, string>>;
}

/** Of package-lock.json, version 3: the empty path is the tree itself. */
export interface Lock {
  readonly packages: Record<string, LockedPackage>;
}

/** Paths of packages that npm would warn of on some Node in `allowed`. Of an optional one it would say nothing, and leave it out. */
export function findWarned({ packages }: Lock, allowed: string): readonly string[] {
  return Object.entries(packages)
    .filter(
      ([path, { engines }]) => path !== '' && engines?.node !== undefined && !subset(allowed, engines.node),
    )
    .map(([path]) => path);
}

/** Paths of installed packages that do not run on Node `pinned`, by their own word. `root`: where node_modules is. */
export function findUnfit({ packages }: Lock, pinned: string, root: string): readonly string[] {
  return Object.entries(packages)
    .filter(([path, { optional }]) => path !== '' && optional !== true)
    .filter(([path]) => {
      const file = join(root, path, 'package.json');
      if (!existsSync(file)) throw new Error(`${path} is not installed: run npm ci`);
      const { engines } = JSON.parse(readFileSync(file, 'utf8')) as LockedPackage;
      return engines?.node !== undefined && !satisfies(pinned, engines.node);
    })
    .map(([path]) => path);
}

if (import.meta.main) {
  const check = {
    kind: 'switch',
    about: "n'écrit rien ; 1 quand package-lock.json n'est pas ainsi",
  } as const;
  const flags = readFlags('npm run lock -- [options]', { check });
  const lock = JSON.parse(readFileSync(FILE, 'utf8')) as Lock;
  const { engines, dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly engines: { readonly node: string };
    readonly dependencies: { readonly node: string };
  };
  const warned = findWarned(lock, engines.node);
  for (const path of findUnfit(lock, dependencies.node, ROOT)) {
    console.error(`${path} does not run on Node ${dependencies.node}`);
    process.exitCode = 1;
  }
  if (!flags.check) {
    for (const path of warned) delete lock.packages[path]?.engines;
    writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
  } else if (warned.length > 0) {
    console.error(`package-lock.json: npm would warn of ${warned.join(', ')}: run npm run lock`);
    process.exitCode = 1;
  }
}
