// Reads the command line and the files it names. The usage is for people, so in French.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { type EditorConfig, readConfig } from '../relay/config.ts';
import { objectsOf } from '../shared/fhir/json.ts';
import { err, ok, type Result } from '../shared/result.ts';
import { normaliseProfessional, normaliseSiret } from '../shared/sas/identifier.ts';
import { DECLARATION_IDS } from './groups/declarations.ts';
import type { RunInputs } from './inputs.ts';

const TIMEOUT_S = 10;
const TIMEOUT_S_MAX = 120;
const RPPS_MAX = 25;
const SIRET_MAX = 10;

export const USAGE = `Usage : npm run conformance -- --config FICHIER --editor ID --rpps A,B,… [options]
  --config FICHIER        configuration du relais : certificats et adresse de l'éditeur
  --editor ID             l'éditeur, tel qu'il y est nommé
  --rpps A,B,…            professionnels qui ont des créneaux libres (25 au plus)
  --one-place RPPS        celui qui exerce à un seul lieu (deviné sinon)
  --two-places RPPS       celui qui exerce à deux lieux (deviné sinon)
  --siret A,B,…           associations SOS Médecins (10 au plus)
  --cpts                  joue aussi la recherche CPTS (INT_R04)
  --kinds PUBLIC,PRO,…    natures de créneau attendues
  --types AMB,HH,VR       types de consultation attendus
  --accounts              joue les comptes régulateurs : écrit chez l'éditeur
  --regulator ID          identifiant national du compte d'essai
  --new-regulator ID      celui qu'il prend ensuite
  --redirect              ouvre la page de réservation d'un créneau
  --origin VALEUR         paramètre origin de cette page (sas-preprod)
  --certificates DOSSIER  certificats à refuser : wrong-cn, wrong-ou, revoked (.crt et .key)
  --declarations FICHIER  réponses à D1..D6, en JSON
  --appointments FICHIER  rendez-vous à juger : une ressource, une liste ou un Bundle
  --out DOSSIER           report.html, report.json et report.xml (conformance-ID)
  --previous FICHIER      report.json à comparer (celui de --out par défaut)
  --timeout SECONDES      attente d'une réponse (${TIMEOUT_S})
Codes de sortie : 0 tout passe, 1 une exigence obligatoire échoue, 2 ligne de commande, 3 rien n'a pu être joué.
`;

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

export function readCommand(args: readonly string[]): Result<Command, Refusal> {
  let values: ReturnType<typeof parse>['values'];
  try {
    ({ values } = parse(args));
  } catch (error) {
    return usage(
      `Option inconnue ou sans sa valeur : ${error instanceof Error ? error.message.split('\n')[0] : ''}`,
    );
  }
  if (values.help === true) return ok({ does: 'help' });
  const { config, editor: id } = values;
  if (config === undefined || config === '') return usage('Il manque --config FICHIER.');
  if (id === undefined || id === '') return usage('Il manque --editor ID.');
  try {
    const inputs = readInputs(values);
    const editor = findEditor(config, id);
    if (!editor.ok) return editor;
    const { out = `conformance-${id}`, previous } = values;
    return ok({ does: 'run', inputs: { ...inputs, editor: editor.value }, out, previous });
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  return parseArgs({
    args: [...args],
    options: {
      config: text,
      editor: text,
      rpps: text,
      'one-place': text,
      'two-places': text,
      siret: text,
      cpts: flag,
      kinds: text,
      types: text,
      accounts: flag,
      regulator: text,
      'new-regulator': text,
      redirect: flag,
      origin: { type: 'string', default: 'sas-preprod' },
      certificates: text,
      declarations: text,
      appointments: text,
      out: text,
      previous: text,
      timeout: { type: 'string', default: String(TIMEOUT_S) },
      help: flag,
    },
  });
}

type Values = ReturnType<typeof parse>['values'];

function readInputs(values: Values): Omit<RunInputs, 'editor'> {
  const rpps = readList('--rpps', values.rpps, RPPS_MAX, normaliseProfessional);
  const siret = readList('--siret', values.siret, SIRET_MAX, normaliseSiret);
  if (rpps.length + siret.length === 0) throw new Error('Il manque --rpps (ou --siret).');
  const timeoutS = Number(values.timeout);
  if (!Number.isFinite(timeoutS) || timeoutS <= 0 || timeoutS > TIMEOUT_S_MAX) {
    throw new Error(`--timeout est un nombre de secondes, ${TIMEOUT_S_MAX} au plus.`);
  }
  if (!/^[A-Za-z0-9_-]{1,40}$/.test(values.origin))
    throw new Error('--origin : lettres, chiffres et tirets.');
  return {
    rpps,
    siret,
    onePlace: readOne('--one-place', values['one-place'], rpps),
    twoPlaces: readOne('--two-places', values['two-places'], rpps),
    cpts: values.cpts,
    accounts: values.accounts,
    regulator: values.regulator,
    newRegulator: values['new-regulator'],
    redirect: values.redirect,
    origin: values.origin,
    kinds: values.kinds?.split(',').map((code) => code.trim()),
    types: values.types?.split(',').map((code) => code.trim()),
    certificates: values.certificates,
    declarations: values.declarations === undefined ? undefined : readDeclarations(values.declarations),
    appointments: values.appointments === undefined ? undefined : readAppointments(values.appointments),
    timeoutMs: timeoutS * 1000,
    now: Date.now,
  };
}

function readList(
  name: string,
  text: string | undefined,
  max: number,
  normalise: (value: string) => string | undefined,
): readonly string[] {
  const items = (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length > max) throw new Error(`${name} : ${max} au plus.`);
  const read = items.map((item) => {
    const value = normalise(item);
    if (value === undefined) throw new Error(`${name} : ${item} n'est pas un identifiant national lisible.`);
    return value;
  });
  return [...new Set(read)];
}

function readOne(name: string, text: string | undefined, rpps: readonly string[]): string | undefined {
  if (text === undefined) return undefined;
  const value = normaliseProfessional(text);
  if (value === undefined || !rpps.includes(value)) throw new Error(`${name} doit être un des --rpps.`);
  return value;
}

function readDeclarations(file: string): Readonly<Record<string, string>> {
  const read = v.safeParse(declarationsSchema, readJson('--declarations', file));
  if (!read.success)
    throw new Error('--declarations : un objet D1..D6 de textes ou de booléens est attendu.');
  return Object.fromEntries(
    Object.entries(read.output).map(([id, answer]) => [
      id,
      answer === true ? 'Oui' : answer === false ? 'Non' : answer,
    ]),
  );
}

function readAppointments(file: string): readonly unknown[] {
  const value = readJson('--appointments', file);
  if (Array.isArray(value)) return value;
  const [bundle] = objectsOf([value]);
  return bundle?.resourceType === 'Bundle'
    ? objectsOf(bundle.entry).map(({ resource }) => resource)
    : [value];
}

function readJson(name: string, file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new Error(`${name} : le fichier ne peut pas être lu, ou n'est pas du JSON.`);
  }
}

function findEditor(file: string, id: string): Result<EditorConfig, Refusal> {
  const config = readConfig(file);
  if (!config.ok) {
    return err({ code: 3, text: config.error.map(({ field, text }) => `${field} : ${text}`).join('\n') });
  }
  const editor = config.value.editors.find((one) => one.id === id);
  if (editor !== undefined) return ok(editor);
  const known = config.value.editors.map((one) => one.id).join(', ');
  return err({ code: 3, text: `L'éditeur ${id} n'est pas dans la configuration. On y trouve : ${known}.` });
}

function usage(text: string): Result<Command, Refusal> {
  return err({ code: 2, text });
}
