// Writes worker/built/, what is constant per build: the body of /openapi.json. Not in git. Whatever makes
// the Worker's bundle runs it: wrangler ([build] in wrangler.toml) and sandbox/platform/edge/build-worker.ts; `npm run
// check` does too, for the types.

import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { fold } from './fold.ts';

const ROOT = join(import.meta.dirname, '..');
const BUILT = join(ROOT, 'worker/built');
/** Where the edge's own address stands in it; each request puts it there. */
const BASE = 'https://passerelle.invalid';

/** Whole or not at all: another process may be reading it. */
function write(name: string, text: string): void {
  const path = join(BUILT, name);
  writeFileSync(`${path}.${process.pid}`, `// Written by scripts/write-built.ts.\n\n${text}`);
  renameSync(`${path}.${process.pid}`, path);
}

function writeApi(title: string, document: string): void {
  const openApi = gzipSync(JSON.stringify(fold(document)), { level: 9 }).toString('base64');
  const api = { title, base: BASE, openApi };
  write(
    'api.ts',
    `/** \`openApi\`: JSON of a Folded (worker/openapi/folded.ts), gzip, base64. */\nexport const API = ${JSON.stringify(api)};\n`,
  );
}

mkdirSync(BUILT, { recursive: true });
// The routes lead to the handlers, which import it.
if (!existsSync(join(BUILT, 'api.ts'))) writeApi('', '');
const { ROUTES } = await import('../worker/routes.ts');
const { describeApi } = await import('../worker/openapi/document.ts');
const document = describeApi(ROUTES, BASE);
writeApi(document.info.title, JSON.stringify(document));
