// npm run release -- [--out DIR] [--draft]: what is published of one version: an archive for each road, sums, the list of what is
// inside (SBOM), notes. docs/releases.md. The same bytes whenever it is made of one commit.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';
import { readFlags } from '../../sandbox/base/flags.ts';
import { describeFailure } from '../../sandbox/base/say.ts';
import { VERSION } from '../../shared/version.ts';
import { findUnreadiness, readNotes } from './premises.ts';
import { type ArchiveEntry, makeArchive } from './tar.ts';

const ROOT = join(import.meta.dirname, '../..');

/**
 * Archive → the folder of the build that is its own. Relay, migrations and pages are in both roads; the trial is unpacked beside
 * the road on one's own machines, whose workerd is a program for one kind of machine.
 */
const ARCHIVES = {
  cloudflare: 'cloudflare',
  [`machines-${process.platform}-${process.arch}`]: 'host',
  essai: 'essai',
};

const flags = readFlags(
  'npm run release -- [options]',
  {
    out: { kind: 'text', hint: 'DOSSIER', default: 'dist/archives', about: 'où écrire' },
    draft: {
      kind: 'switch',
      about: 'sans étiquette ni partie de CHANGELOG.md : pour essayer, pas pour publier',
    },
    commit: {
      kind: 'text',
      hint: 'EMPREINTE',
      about: "avec --draft : le commit que c'est, comme à npm run build",
    },
  },
  ({ draft, commit }) => (commit !== undefined && !draft ? ["--commit ne va qu'avec --draft."] : []),
);

function readFiles(folder: string): readonly ArchiveEntry[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return {
        path: relative(folder, path).replaceAll(sep, '/'),
        content: readFileSync(path),
        isExecutable: (statSync(path).mode & 0o100) !== 0,
      };
    });
}

/** Name → content. */
function makeAll(folder: string): ReadonlyMap<string, Uint8Array> {
  const { number } = VERSION;
  const files = readFiles(folder);
  const contentOf = (path: string): Uint8Array => {
    const found = files.find((one) => one.path === path);
    if (found === undefined) throw new Error(`la construction n'a pas de ${path}`);
    return found.content;
  };
  const { time } = JSON.parse(Buffer.from(contentOf('build.json')).toString()) as { readonly time: string };
  const name = `passerelle-${number}${flags.draft ? '-draft' : ''}`;
  const all = new Map<string, Uint8Array>();
  const folders = Object.values(ARCHIVES);
  for (const [archive, folder] of Object.entries(ARCHIVES)) {
    const own = files.filter(({ path }) => {
      const [top = ''] = path.split('/');
      return top === folder || (folder !== 'essai' && !folders.includes(top));
    });
    const entries = own.map((one) => ({ ...one, path: `${name}/${one.path}` }));
    all.set(`${name}-${archive}.tar.gz`, makeArchive(entries, time));
  }
  const changelog = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8');
  const notes = readNotes(changelog, number) ?? readNotes(changelog, 'Unreleased') ?? '';
  const upgrade = readFileSync(join(ROOT, 'docs/exploitation/versions.md'), 'utf8');
  all.set(`${name}-notes.md`, Buffer.from(`${notes}\n\n${upgrade}`));
  all.set(`${name}.cdx.json`, contentOf('sbom.cdx.json'));
  const sums = [...all].map(
    ([file, content]) => `${createHash('sha256').update(content).digest('hex')}  ${file}\n`,
  );
  return all.set('SHA256SUMS', Buffer.from(sums.join('')));
}

const folder = mkdtempSync(join(tmpdir(), 'passerelle-release-'));
try {
  const problems = flags.draft ? [] : findUnreadiness(ROOT, VERSION.number);
  if (problems.length > 0)
    throw new Error(`Rien n'est écrit :\n${problems.map((one) => `- ${one}`).join('\n')}`);
  const built = join(folder, 'built');
  const builder = join(ROOT, 'scripts/build/main.ts');
  const commit = flags.commit === undefined ? [] : ['--commit', flags.commit];
  execFileSync(process.execPath, [builder, '--out', built, ...commit], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const out = resolve(flags.out);
  mkdirSync(out, { recursive: true });
  for (const [name, content] of makeAll(built)) {
    writeFileSync(join(out, name), content);
    console.log(`${join(flags.out, name)} : ${Math.round(content.length / 1000)} ko`);
  }
} catch (cause) {
  process.stderr.write(`${describeFailure(cause)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
