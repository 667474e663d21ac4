// Reads the command line and the files that it names; each problem is a French sentence.

import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { type EditorConfig, readConfig } from '../relay/base/config.ts';
import { readCommandLine, type Values } from '../shared/command-line.ts';
import { objectsOf } from '../shared/fhir/json.ts';
import { err, ok, type Result } from '../shared/result.ts';
import { normaliseProfessional, normaliseSiret } from '../shared/sas/identifier.ts';
import { FLAGS, RPPS_MAX, SIRET_MAX } from './flags.ts';
import { DECLARATION_IDS } from './groups/declarations.ts';
import type { RunInputs } from './inputs.ts';

export type Command =
  | { readonly does: 'help' }
  | {
      readonly does: 'run';
      readonly inputs: RunInputs;
      readonly out: string;
      readonly previous: string | undefined;
    };

export type Refusal = { readonly code: 2 | 3; readonly text: string };

const declarationsSchema = v.record(
  v.picklist(DECLARATION_IDS, 'exigence inconnue'),
  v.union([v.boolean(), v.pipe(v.string(), v.maxLength(500))]),
);

/** Every problem of the command line is in the refusal, a line each. */
export function readCommand(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Result<Command, Refusal> {
  const { help, values, problems } = readCommandLine(args, FLAGS, { env });
  if (help) return ok({ does: 'help' });
  const inputs = readInputs(values, problems);
  const editor = problems.length === 0 ? findEditor(values.config, values.editor) : undefined;
  if (editor === undefined) return err({ code: 2, text: problems.join('\n') });
  if (!editor.ok) return editor;
  const { out = `conformance-${values.editor}`, previous } = values;
  return ok({ does: 'run', inputs: { ...inputs, editor: editor.value }, out, previous });
}

/** Adds to `problems` what is wrong with the values. */
function readInputs(values: Values<typeof FLAGS>, problems: string[]): Omit<RunInputs, 'editor'> {
  const rpps = readList('--rpps', values.rpps, RPPS_MAX, normaliseProfessional, problems);
  const siret = readList('--siret', values.siret, SIRET_MAX, normaliseSiret, problems);
  if ((values.rpps ?? values.siret) === undefined) problems.push('Il manque --rpps (ou --siret).');
  return {
    rpps,
    siret,
    onePlace: readOne('--one-place', values['one-place'], rpps, problems),
    twoPlaces: readOne('--two-places', values['two-places'], rpps, problems),
    cpts: values.cpts,
    accounts: values.accounts,
    regulator: values.regulator,
    newRegulator: values['new-regulator'],
    redirect: values.redirect,
    origin: values.origin,
    kinds: values.kinds?.split(',').map((code) => code.trim()),
    types: values.types?.split(',').map((code) => code.trim()),
    certificates: values.certificates,
    declarations: readDeclarations(values.declarations, problems),
    appointments: readAppointments(values.appointments, problems),
    timeoutMs: Number(values.timeout) * 1000,
    now: Date.now,
  };
}

function readList(
  name: string,
  text: string | undefined,
  max: number,
  normalise: (value: string) => string | undefined,
  problems: string[],
): readonly string[] {
  const items = (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length > max) problems.push(`${name} : ${max} au plus, pas ${items.length}.`);
  const read = items.map((item) => {
    const value = normalise(item);
    if (value === undefined)
      problems.push(`${name} : « ${item} » n'est pas un identifiant national lisible.`);
    return value;
  });
  return [...new Set(read.filter((value) => value !== undefined))];
}

function readOne(
  name: string,
  text: string | undefined,
  rpps: readonly string[],
  problems: string[],
): string | undefined {
  if (text === undefined) return undefined;
  const value = normaliseProfessional(text);
  if (value === undefined || !rpps.includes(value)) problems.push(`${name} doit être un des --rpps.`);
  return value;
}

function readDeclarations(
  file: string | undefined,
  problems: string[],
): Readonly<Record<string, string>> | undefined {
  const json = readJson('--declarations', file, problems);
  if (json === undefined) return undefined;
  const read = v.safeParse(declarationsSchema, json);
  if (!read.success) {
    problems.push(
      `--declarations : un objet ${DECLARATION_IDS.join(', ')} de textes (500 caractères au plus) ou de booléens est attendu.`,
    );
    return undefined;
  }
  return Object.fromEntries(
    Object.entries(read.output).map(([id, answer]) => [
      id,
      answer === true ? 'Oui' : answer === false ? 'Non' : answer,
    ]),
  );
}

function readAppointments(file: string | undefined, problems: string[]): readonly unknown[] | undefined {
  const value = readJson('--appointments', file, problems);
  if (value === undefined || Array.isArray(value)) return value;
  const [bundle] = objectsOf([value]);
  return bundle?.resourceType === 'Bundle'
    ? objectsOf(bundle.entry).map(({ resource }) => resource)
    : [value];
}

/** Undefined without a file, and when it cannot be read: that is one more problem. */
function readJson(name: string, file: string | undefined, problems: string[]): unknown {
  if (file === undefined) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const why = error instanceof SyntaxError ? "n'est pas du JSON" : 'ne peut pas être lu';
    problems.push(`${name} : ${file} ${why}.`);
    return undefined;
  }
}

function findEditor(file: string, id: string): Result<EditorConfig, Refusal> {
  const config = readConfig(file);
  if (!config.ok) {
    return err({ code: 3, text: config.error.map(({ field, text }) => `${field} : ${text}`).join('\n') });
  }
  const editor = config.value.editors.find((one) => one.id === id);
  if (editor !== undefined) return ok(editor);
  const broken = config.value.broken.filter((one) => one.id === id).flatMap((one) => one.problems);
  if (broken.length > 0) {
    return err({ code: 3, text: broken.map(({ field, text }) => `${field} : ${text}`).join('\n') });
  }
  const known = config.value.editors.map((one) => one.id).join(', ');
  return err({ code: 3, text: `L'éditeur ${id} n'est pas dans la configuration. On y trouve : ${known}.` });
}
