// Reads the parameters of a slot search into a SlotQuery: what INT_R01, INT_R04 (individual.ts) and SOS
// (sos.ts) have in common. Every refusal names its parameter. docs/guide.md G-201, G-202, G-203, G-205, G-605, G-606.

import { GatewayError, type Reason } from '../error.ts';
import { parseToken, type SearchParameter, splitValues } from '../fhir/search.ts';
import { SUBJECTS_MAX, WINDOW_MS_MAX } from '../limits.ts';
import { parseInstant } from '../time.ts';
import type { SlotQuery, SlotWindow } from './query.ts';

/** How strictly a search is read: FHIR's `Prefer: handling`. Lenient ignores unknown parameters and says so. */
export type Handling = 'strict' | 'lenient';

/** More are not told: somebody sends what is no search. */
const PROBLEMS_MAX = 20;
const SLOT_STATUS = 'http://hl7.org/fhir/slotstatus';

export interface ReadQuery extends SlotQuery {
  /** Parameters that lenient handling passed over. */
  readonly ignored: readonly string[];
}

export interface SearchVocabulary {
  readonly startName: string;
  readonly statusName: string;
  readonly subjectName: string;
  readonly subjectSystem: string;
  /** What the subjects are, for sentences. */
  readonly subjectWord: string;
  readonly normaliseSubject: (value: string) => string | undefined;
  /**
   * What the answer holds anyway, `_include=source:parameter` in lower case, each with the types that a third part may
   * name: an include of these asks for no more than is answered.
   */
  readonly includes: Readonly<Record<string, readonly string[]>>;
}

export interface CollectedSearch {
  readonly window: SlotWindow;
  readonly subjects: readonly string[];
  /** The includes asked, as in the vocabulary, without the types. */
  readonly includes: ReadonlySet<string>;
  readonly ignored: readonly string[];
}

/** For one identifier that cannot be read where a list is not meant. */
export const TOKEN_FORM =
  'Identifiant illisible : un seul système|valeur est attendu ; , | $ et \\ se protègent par \\.';

/** The error to throw for one parameter. `text`: French, for the caller. */
export function refuse(reason: Reason, parameter: string, text: string): GatewayError {
  return new GatewayError({ reason, text, expression: [`http.${parameter}`] });
}

/** The refusal of a parameter that a strict search does not know; its name is cut to 80 characters. */
export function unknownParameter(name: string): GatewayError {
  const shown = name.slice(0, 80);
  return refuse('parameter-unknown', shown, `Paramètre inconnu : ${shown}.`);
}

/** @throws GatewayError that names every parameter that cannot be served, up to a bound. */
export function collectSearch(
  parameters: readonly SearchParameter[],
  words: SearchVocabulary,
  handling: Handling,
): CollectedSearch {
  const starts: string[] = [];
  const statuses: string[] = [];
  const tokens: string[] = [];
  const includes = new Set<string>();
  const ignored: string[] = [];
  const problems = new Problems();
  for (const { name, value } of parameters) {
    if (name === words.startName) starts.push(value);
    else if (name === words.statusName) statuses.push(value.trim());
    else if (name === words.subjectName) tokens.push(...splitValues(value));
    else if (name === '_format') problems.meet(() => readFormat(value));
    else if (name === '_count') problems.meet(() => readCount(value));
    else if (isInclude(name) && knownInclude(name, value, words) !== undefined)
      includes.add(knownInclude(name, value, words) ?? '');
    else if (handling === 'lenient') ignored.push(name);
    else problems.add(isInclude(name) ? unknownInclude(name, value) : unknownParameter(name));
  }
  problems.meet(() => readStatus(statuses, words.statusName));
  const window = problems.meet(() => readWindow(starts, words.startName));
  const subjects = problems.meet(() => readSubjects(tokens, words));
  if (window === undefined || subjects === undefined || problems.any) throw problems.toError();
  return { window, subjects, includes, ignored };
}

/** What is wrong with one search, each thing once: a caller who writes it by hand mends all of it at once. */
class Problems {
  readonly #errors: GatewayError[] = [];

  get any(): boolean {
    return this.#errors.length > 0;
  }

  add(error: GatewayError): void {
    if (this.#errors.length < PROBLEMS_MAX) this.#errors.push(error);
  }

  /** The result, or undefined and one more problem. */
  meet<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.add(error);
      return undefined;
    }
  }

  /** One problem is itself. Of several, the first decides the status. */
  toError(): GatewayError {
    const [first] = this.#errors;
    if (first === undefined) throw new TypeError('no problem was met');
    if (this.#errors.length === 1) return first;
    return new GatewayError({
      reason: first.reason,
      text: first.text,
      expression: first.expression,
      issues: this.#errors.map(({ reason, text, expression: [expression = ''] }) => ({
        reason,
        text,
        expression,
      })),
    });
  }
}

function unknownInclude(name: string, value: string): GatewayError {
  const shown = name.slice(0, 80);
  return refuse('parameter-unknown', shown, `Inclusion inconnue : ${shown}=${value.slice(0, 80)}.`);
}

function isInclude(name: string): boolean {
  return /^_(rev)?include(:(iterate|recurse))?$/i.test(name);
}

/** Iterated or not: what is included is in the answer once. Undefined when it asks for more than is answered. */
function knownInclude(name: string, value: string, { includes }: SearchVocabulary): string | undefined {
  const [source = '', parameter = '', type, ...rest] = value.trim().toLowerCase().split(':');
  const key = `${name.toLowerCase().replace(/:.*$/, '')}=${source}:${parameter}`;
  const types = Object.hasOwn(includes, key) ? includes[key] : undefined;
  const isKnown = types !== undefined && rest.length === 0 && (type === undefined || types.includes(type));
  return isKnown ? key : undefined;
}

/** JSON in all its spellings; refused otherwise. */
export function readFormat(value: string): void {
  const format = value.trim().toLowerCase().replace(/ /g, '+').split(';')[0] ?? '';
  if (
    ['json', 'application/json', 'text/json', 'application/fhir+json', 'application/json+fhir'].includes(
      format,
    )
  )
    return;
  throw refuse('format-not-supported', '_format', 'Seul le format JSON est servi (application/fhir+json).');
}

function readCount(value: string): void {
  if (/^[1-9]\d{0,8}$/.test(value.trim())) return;
  throw refuse(
    'parameter-invalid',
    '_count',
    "_count est un nombre entier positif ; la réponse n'est jamais paginée.",
  );
}

function readStatus(statuses: readonly string[], name: string): void {
  if (statuses.length === 0)
    throw refuse('parameter-missing', name, `Le paramètre ${name}=free est obligatoire.`);
  if (statuses.some((status) => !isFree(status))) {
    throw refuse('parameter-invalid', name, 'Seul le statut « free » peut être recherché.');
  }
}

function isFree(status: string): boolean {
  const { system, value } = parseToken(status) ?? {};
  return value === 'free' && (system === undefined || system === SLOT_STATUS);
}

interface Bound {
  readonly prefix: 'ge' | 'le';
  readonly ms: number;
}

function readWindow(starts: readonly string[], name: string): SlotWindow {
  const bounds = starts.map((value) => readBound(value, name));
  const from = bounds.filter(({ prefix }) => prefix === 'ge');
  const to = bounds.filter(({ prefix }) => prefix === 'le');
  if (from.length > 1 || to.length > 1) {
    throw refuse(
      'parameter-repeated',
      name,
      `Une seule borne ge et une seule borne le sont admises pour ${name}.`,
    );
  }
  const fromMs = from[0]?.ms;
  const toMs = to[0]?.ms;
  if (fromMs === undefined || toMs === undefined) {
    const absent = [fromMs === undefined && `${name}=ge`, toMs === undefined && `${name}=le`];
    const names = absent.filter((one) => one !== false).join(' et ');
    const text = `${names} : obligatoire, suivi d'une date et heure (AAAA-MM-JJThh:mm:ss±hh:mm).`;
    throw refuse('parameter-missing', name, text);
  }
  if (toMs < fromMs) throw refuse('window-invalid', name, 'La fin de la fenêtre précède son début.');
  if (toMs - fromMs > WINDOW_MS_MAX) {
    throw refuse('window-invalid', name, 'La fenêtre de recherche dépasse 31 jours.');
  }
  return { fromMs, toMs };
}

function readBound(value: string, name: string): Bound {
  // A form decoder made the offset's + a blank (docs/guide.md G-205).
  const text = value.trim().replace(/(T[\d:.]+) (\d\d:?\d\d)$/, '$1+$2');
  const prefix = text.slice(0, 2).toLowerCase();
  if (prefix !== 'ge' && prefix !== 'le') {
    throw refuse('parameter-invalid', name, `${name} attend ge ou le suivi d'une date et heure.`);
  }
  const instant = parseInstant(text.slice(2));
  if (instant === undefined) {
    throw refuse(
      'parameter-invalid',
      name,
      `${name} : la date n'est pas lisible (attendu AAAA-MM-JJThh:mm:ss±hh:mm).`,
    );
  }
  return { prefix, ms: prefix === 'ge' ? instant.ms : instant.lastMs };
}

function readSubjects(tokens: readonly string[], words: SearchVocabulary): string[] {
  const subjects = new Set<string>();
  for (const text of tokens) {
    if (text.trim() === '') continue;
    subjects.add(readSubject(text, words));
    if (subjects.size > SUBJECTS_MAX) {
      throw refuse(
        'too-many-subjects',
        words.subjectName,
        `Plus de ${SUBJECTS_MAX} ${words.subjectWord} demandés.`,
      );
    }
  }
  if (subjects.size === 0) {
    throw refuse(
      'parameter-missing',
      words.subjectName,
      `Aucun identifiant demandé dans ${words.subjectName} (attendu ${words.subjectSystem}|valeur).`,
    );
  }
  return [...subjects];
}

function readSubject(text: string, words: SearchVocabulary): string {
  const token = parseToken(text.replace(/\+/g, ' '));
  if (token === undefined) {
    throw refuse('parameter-invalid', words.subjectName, 'Identifiant illisible : attendu système|valeur.');
  }
  const { system, value } = token;
  if (system !== undefined && system !== words.subjectSystem && `urn:oid:${system}` !== words.subjectSystem) {
    throw refuse('parameter-invalid', words.subjectName, `Système inconnu ; attendu ${words.subjectSystem}.`);
  }
  const subject = words.normaliseSubject(value);
  if (subject === undefined) {
    throw refuse(
      'parameter-invalid',
      words.subjectName,
      'La valeur ne suit aucune forme d’identifiant national.',
    );
  }
  return subject;
}
