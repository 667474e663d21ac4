// Cloudflare's account behind wrangler's command line, as far as scripts/deploy/ uses it: what it holds stands in the JSON file
// ACCOUNT, every command is kept there, and the test's front answers by what is deployed in it. Started by node; it answers as
// wrangler 4 does: JSON on standard output, ids of versions in the file WRANGLER_OUTPUT_FILE_PATH, 1 with words on failure.

import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';

export interface Account {
  readonly calls: string[];
  readonly databases: { name: string; uuid: string; jurisdiction: string | null }[];
  /** Name of database → files that were applied, in their order. */
  readonly migrated: string[];
  /** Undefined: the Worker is not there. */
  secrets?: string[];
  readonly versions: { id: string; config: Readonly<Record<string, unknown>> }[];
  /** Version → percentage. */
  deployed: Record<string, number>;
  /** A command that fails, and its words. */
  fails?: { readonly command: string; readonly words: string };
}

const [, , ...args] = process.argv;
const { ACCOUNT = '', WRANGLER_OUTPUT_FILE_PATH = '' } = process.env;
const account = JSON.parse(readFileSync(ACCOUNT, 'utf8')) as Account;
const command = args.join(' ');
account.calls.push(command);

function fail(words: string): never {
  writeFileSync(ACCOUNT, JSON.stringify(account));
  process.stderr.write(`✘ [ERROR] ${words}\n`);
  process.exit(1);
}

function config(): Readonly<Record<string, unknown>> {
  if (!existsSync('wrangler.json')) fail('no configuration');
  return JSON.parse(readFileSync('wrangler.json', 'utf8')) as Readonly<Record<string, unknown>>;
}

function make(): string {
  const id = `version-${account.versions.length + 1}`;
  account.versions.push({ id, config: config() });
  const at = args.indexOf('--secrets-file');
  if (at >= 0) {
    const sent = JSON.parse(readFileSync(args[at + 1] ?? '', 'utf8')) as object;
    account.secrets = [...new Set([...(account.secrets ?? []), ...Object.keys(sent)])];
  }
  account.secrets ??= [];
  appendFileSync(
    WRANGLER_OUTPUT_FILE_PATH,
    `{"type":"wrangler-session"}\n{"type":"made","version_id":"${id}"}\n`,
  );
  return id;
}

if (account.fails !== undefined && command.startsWith(account.fails.command)) fail(account.fails.words);
if (command === 'd1 list --json') console.log(JSON.stringify(account.databases));
else if (command.startsWith('d1 create ')) {
  const at = args.indexOf('--jurisdiction');
  const uuid = `uuid-of-${args[2]}`;
  account.databases.push({ name: args[2] ?? '', uuid, jurisdiction: at < 0 ? null : (args[at + 1] ?? null) });
} else if (command.startsWith('d1 migrations apply ')) {
  const { d1_databases = [] } = config() as {
    d1_databases?: { database_name: string; database_id: string }[];
  };
  const one = d1_databases.find(({ database_name }) => database_name === args[3]);
  if (!account.databases.some(({ uuid }) => uuid === one?.database_id))
    fail(`no database ${one?.database_id}`);
  account.migrated.push(args[3] ?? '');
} else if (command.startsWith('secret list ')) {
  if (account.secrets === undefined) fail(`Worker "${config().name}" not found.`);
  console.log(JSON.stringify(account.secrets.map((name) => ({ name, type: 'secret_text' }))));
} else if (command.startsWith('deployments status ')) {
  const versions = Object.entries(account.deployed);
  console.log(
    JSON.stringify({ versions: versions.map(([version_id, percentage]) => ({ version_id, percentage })) }),
  );
} else if (command.startsWith('versions upload ')) make();
else if (command.startsWith('deploy ')) account.deployed = { [make()]: 100 };
else if (command.startsWith('versions deploy ')) {
  const specs = args.slice(2).flatMap((word) => [...word.matchAll(/^(\S+)@(\d+)%$/g)]);
  account.deployed = Object.fromEntries(specs.map(([, id = '', percent]) => [id, Number(percent)]));
} else if (!command.startsWith('triggers deploy ')) fail(`Unknown arguments: ${command}`);
writeFileSync(ACCOUNT, JSON.stringify(account));
