// npm run deploy -- --env staging|production [--dry-run]: a release on Cloudflare, by wrangler. All that can be looked at is
// looked at before anything is changed; then databases, migrations, the Worker in steps, each asked for a search, and back to
// the version before at the first failure. docs/exploitation/cloudflare.md. Runs from the tree, and as cloudflare/passerelle-deploy.js of a release.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { oneOf, readFlags, wholeNumber } from '../../sandbox/base/flags.ts';
import { describeFailure } from '../../sandbox/base/say.ts';
import { describeVersion } from '../../shared/version.ts';
import { type Environment, fillConfiguration, hostsOf, readEnvironment } from './configuration.ts';
import { findDatabases, makeAbsent, migrate, tryMigrations } from './databases.ts';
import { deployAtOnce, type Rollout, readServing, rollOut } from './rollout.ts';
import { type Given, judgeSettings, readGiven } from './settings.ts';
import { findWrangler, Wrangler, WranglerFailure } from './wrangler.ts';

/** An RPPS number that nobody has: every vendor is asked, and knows nothing. */
const NOBODY = '899900000017';
const STEPS = /^(?:[1-9]\d?,)*100$/;

const flags = readFlags(
  'npm run deploy -- --env ENVIRONNEMENT [options]',
  {
    env: {
      kind: 'text',
      hint: 'NOM',
      required: true,
      check: oneOf('staging', 'production'),
      about: 'staging ou production',
    },
    'dry-run': { kind: 'switch', about: "tout ce qui ne demande pas de compte ; rien n'est changé" },
    settings: { kind: 'text', hint: 'FICHIER', about: 'réglages, NOM=valeur (docs/samples/edge.env)' },
    secrets: { kind: 'text', hint: 'FICHIER', about: 'secrets à envoyer, NOM=valeur ; lisible de vous seul' },
    release: { kind: 'text', hint: 'DOSSIER', about: 'version construite ; sinon celle-ci, ou une nouvelle' },
    steps: {
      kind: 'text',
      hint: 'PARTS',
      default: '10,50,100',
      check: (value) => {
        const parts = value.split(',').map(Number);
        const rises = parts.every((part, at) => at === 0 || part > (parts[at - 1] ?? 0));
        return STEPS.test(value) && rises ? undefined : 'des pourcentages croissants qui finissent par 100';
      },
      about: 'pourcentages de trafic, l’un après l’autre',
    },
    wait: {
      kind: 'text',
      hint: 'SECONDES',
      default: '60',
      check: wholeNumber(0, 86_400),
      about: 'combien de temps regarder chaque part',
    },
    patience: {
      kind: 'text',
      hint: 'SECONDES',
      default: '60',
      check: wholeNumber(0, 600),
      about: 'combien de temps une part peut mettre à servir partout',
    },
    'at-once': { kind: 'switch', about: 'sans partage de trafic : une migration d’objets durables' },
    'without-search': { kind: 'switch', about: 'ne pas faire de recherche (aucun éditeur encore)' },
    wrangler: { kind: 'text', hint: 'FICHIER', about: 'programme wrangler à lancer par node' },
  },
  (values) =>
    values['dry-run'] || values['without-search'] || process.env.SMOKE_TOKEN
      ? []
      : ['SMOKE_TOKEN : le jeton (system/Slot.s) de la recherche d’essai est attendu dans l’environnement.'],
);

const HERE = join(import.meta.dirname, '../build.json');
const BUILDER = join(import.meta.dirname, '../build/main.ts');

/** The one that is named, the one that this file is part of, or a new one of the tree, in `folder`. */
function findRelease(folder: string): string {
  if (flags.release !== undefined) return resolve(flags.release);
  if (existsSync(HERE)) return join(import.meta.dirname, '..');
  const out = join(folder, 'release');
  execFileSync(process.execPath, [BUILDER, '--out', out], { stdio: ['ignore', 'inherit', 'inherit'] });
  return out;
}

interface Deployment {
  readonly release: string;
  readonly environment: Environment;
  readonly given: Given;
  readonly wrangler: Wrangler;
  /** Writes what wrangler reads: with these identifiers of databases. */
  readonly configure: (ids?: ReadonlyMap<string, string>) => void;
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0)
    throw new Error(`Rien n'est changé :\n${problems.map((one) => `- ${one}`).join('\n')}`);
}

/** All that needs no account; wrangler itself reads the configuration and the bundle. */
async function rehearse({ release, environment, given, wrangler, configure }: Deployment): Promise<void> {
  const vars = { ...environment.vars, ...given.settings };
  const { problems, unseen } = judgeSettings({ vars, secrets: given.secrets, kept: undefined });
  refuse([...given.problems, ...problems]);
  const migrations = tryMigrations(release, environment);
  configure();
  console.log(await wrangler.run('deploy', '--dry-run', '--outdir', 'out', '--config', 'wrangler.json'));
  const databases = environment.d1_databases.map((one) => one.database_name);
  console.log(`Essai pour ${flags.env} : rien n'est changé. Le vrai déploiement :`);
  const steps = [
    `regarde les bases ${databases.join(', ')}, la version qui sert et les secrets ;`,
    unseen.length === 0 ? 'a tous ses réglages ;' : `refuse si manque encore : ${unseen.join(' ; ')} ;`,
    `crée les bases absentes (juridiction : ${vars.JURISDICTION || 'aucune'}), puis applique ${migrations} migrations au plus ;`,
    `envoie le Worker ${environment.name}, à 0 %, puis ${flags.steps} % ; un essai à chaque part, retour au premier échec ;`,
    `le relie à ses hôtes : ${hostsOf(vars).join(', ') || 'aucun encore (PUBLIC_URL)'}.`,
  ];
  for (const [at, step] of steps.entries()) console.log(`${at + 1}. ${step}`);
}

/** Names of the secrets that the platform keeps; undefined when the Worker is not there. */
async function readSecretNames(wrangler: Wrangler): Promise<readonly string[] | undefined> {
  try {
    const listed = await wrangler.read('secret', 'list', '--format', 'json', '--config', 'wrangler.json');
    return (listed as readonly { readonly name: string }[]).map(({ name }) => name);
  } catch (cause) {
    if (cause instanceof WranglerFailure && /Worker "[^"]+".* not found\./.test(cause.message))
      return undefined;
    throw cause;
  }
}

async function deploy(deployment: Deployment, folder: string): Promise<void> {
  const { release, environment, given, wrangler, configure } = deployment;
  const vars = { ...environment.vars, ...given.settings };
  tryMigrations(release, environment);
  configure();
  const found = await findDatabases(wrangler, environment);
  const names = await readSecretNames(wrangler);
  const old = await readServing(wrangler, names !== undefined);
  const judged = judgeSettings({ vars, secrets: given.secrets, kept: names ?? [] });
  refuse([...given.problems, ...found.problems, ...judged.problems]);

  configure(await makeAbsent(wrangler, environment, found));
  await migrate(wrangler, environment);
  const secrets = join(folder, 'secrets.json');
  if (Object.keys(given.secrets).length > 0) {
    writeFileSync(secrets, JSON.stringify(given.secrets), { mode: 0o600 });
  }
  const { version, commit, time, date } = JSON.parse(readFileSync(join(release, 'build.json'), 'utf8')) as {
    readonly version: string;
    readonly date: string;
    readonly time: string;
    readonly commit?: string;
  };
  const says = describeVersion({ number: version, date, build: { ...(commit && { commit }), time } });
  const rollout: Rollout = {
    smoke: {
      url: vars.PUBLIC_URL ?? '',
      name: environment.name,
      says: `passerelle ${says}`,
      search: flags['without-search']
        ? undefined
        : { token: process.env.SMOKE_TOKEN ?? '', practitioner: process.env.SMOKE_PRACTITIONER ?? NOBODY },
      patienceMs: Number(flags.patience) * 1000,
    },
    steps: flags.steps.split(',').map(Number),
    stepMs: Number(flags.wait) * 1000,
    making: ['--message', says, ...(existsSync(secrets) ? ['--secrets-file', secrets] : [])],
  };
  const id =
    old === undefined || flags['at-once']
      ? await deployAtOnce(wrangler, old, rollout)
      : await rollOut(wrangler, old, rollout);
  console.log(`${environment.name} sert ${says}, version ${id}.`);
}

const folder = mkdtempSync(join(tmpdir(), 'passerelle-deploy-'));
try {
  const given = await readGiven(flags.settings, flags.secrets);
  const release = findRelease(folder);
  const environment = readEnvironment(release, flags.env);
  const { dependencies } = JSON.parse(readFileSync(join(release, 'cloudflare/package.json'), 'utf8')) as {
    readonly dependencies: { readonly wrangler: string };
  };
  const wrangler = new Wrangler(findWrangler(flags.wrangler, dependencies.wrangler), folder);
  const configure = (ids: ReadonlyMap<string, string> = new Map()): void => {
    const filled = fillConfiguration(environment, { release, settings: given.settings, ids });
    writeFileSync(join(folder, 'wrangler.json'), JSON.stringify(filled, null, 2));
  };
  const deployment = { release, environment, given, wrangler, configure };
  await (flags['dry-run'] ? rehearse(deployment) : deploy(deployment, folder));
} catch (cause) {
  process.stderr.write(`${describeFailure(cause)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
