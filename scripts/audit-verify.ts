// npm run audit-verify -- FICHIER: whether an export of the console's journal (JSON lines, /console/journal/export) is as it was
// written: no line changed, none missing in the midst. What was cut off at either end shows against the last hash in the log.

import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { readFlagsAndWords } from '../sandbox/base/flags.ts';
import { describeFailure } from '../sandbox/base/say.ts';
import { findBreak } from '../worker/console/model/audit-chain.ts';

const text = v.string();
const ENTRY = v.strictObject({
  ...{ id: v.number(), atMs: v.number(), actor: text, act: text, target: text, before: text, after: text },
  ...{ reason: text, requestId: text, previous: text, hash: text },
});

const { words } = readFlagsAndWords('npm run audit-verify -- FICHIER', {}, (_values, given) =>
  given.length === 1 ? [] : ['Un fichier est attendu : un export du journal de la console.'],
);
const [file = ''] = words;
try {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const entries = lines.map((line, at) => {
    const parsed = v.safeParse(v.pipe(text, v.parseJson(), ENTRY), line);
    if (parsed.success) return parsed.output;
    throw new Error(`la ligne ${at + 1} du fichier n'est pas une ligne du journal`);
  });
  const wrong = await findBreak(entries);
  if (wrong !== undefined) throw new Error(wrong);
  const last = entries.at(-1);
  process.stdout.write(
    last === undefined
      ? 'Aucune ligne.\n'
      : `La chaîne tient : lignes ${entries[0]?.id} à ${last.id}, dernière empreinte ${last.hash}\n`,
  );
} catch (cause) {
  process.stderr.write(`La chaîne ne tient pas : ${describeFailure(cause, file)}\n`);
  process.exitCode = 1;
}
