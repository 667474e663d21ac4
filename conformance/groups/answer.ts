// A1..A5: every search answers 200 with a Bundle that has entries, under the right content type, in time.

import { asObject } from '../../shared/fhir/json.ts';
import { describeEnd } from '../calls/exchange.ts';
import { type Answer, search } from '../calls/search.ts';
import {
  defineRequirements,
  joinAlike,
  type Problem,
  pass,
  passUnless,
  type Requirement,
  skip,
  type Verdict,
} from '../requirement.ts';
import type { Scene } from '../scene.ts';
import { describeNoSlot, GROUP_SUFFIX, mark, type Survey } from '../survey.ts';
import { whyUnread } from '../whole-answer.ts';

const ROWS = defineRequirements({
  A1: 'failure [PS] La recherche répond HTTP 200.',
  A2: 'failure [PS] La réponse est un Bundle.',
  A3: 'failure [KIT] La réponse n’est pas vide : chaque professionnel donné a des créneaux libres.',
  A4: 'warning [PS] Le type de contenu est application/fhir+json.',
});
const PERFORMANCE = defineRequirements({
  A5: 'failure [KIT] Une recherche pour un professionnel répond en moins d’une seconde, TLS compris.',
});

const DURATION_MS_MAX = 1000;
const EMPTY_BUNDLE =
  '{ "resourceType": "Bundle", "type": "searchset", "total": 4, "link": […], "entry": […] }';

/** A text: why that answer is not judged. */
type AnswerCheck = (scene: Scene, answer: Answer) => Problem | string | undefined;

const CHECKS: Readonly<Record<keyof typeof ROWS, AnswerCheck>> = {
  A1: (scene, { exchange, subjects }) => {
    if (exchange.received?.status === 200) return undefined;
    const text = `${subjects.join(', ')} : ${describeEnd(exchange)}.`;
    const { json } = exchange.received ?? {};
    return json === undefined
      ? { text, example: 'HTTP/1.1 200 OK' }
      : scene.problem(json, text, nameRoot(json), 'HTTP/1.1 200 OK');
  },
  A2: (scene, { exchange, view }) => {
    if (view !== undefined) return undefined;
    const { json, text, bodyProblem } = exchange.received ?? {};
    const example = EMPTY_BUNDLE;
    if (json !== undefined)
      return scene.problem(json, 'La réponse n’est pas un Bundle.', nameRoot(json), example);
    const start = text === undefined || /^\s*[[{]/.test(text) ? undefined : scene.mask.text(text);
    const why = bodyProblem === undefined ? describeEnd(exchange) : `corps illisible (${bodyProblem})`;
    return {
      text: `La réponse n’est pas un Bundle : ${why}.`,
      example,
      ...(start !== undefined && { fragment: start }),
    };
  },
  // The guide answers a practitioner without free slot by an empty Bundle: only the engineer knows whether he has one.
  A3: (_scene, answer) =>
    (answer.view?.of('Slot').length ?? 0) > 0
      ? undefined
      : (whyUnread(answer) ??
        `aucun créneau pour ${answer.subjects.join(', ')} dans la fenêtre ; ouvrir des créneaux libres dans les deux jours ou donner un autre --rpps`),
  A4: (_scene, { exchange }) => {
    if (exchange.received === undefined) return 'aucune réponse n’est reçue (A1)';
    const type = exchange.received.headers['content-type'] ?? '';
    const [, charset = 'utf-8'] = /;\s*charset="?([^";\s]+)/i.exec(type) ?? [];
    const isUtf8 = /^utf-?8$/i.test(charset);
    if (isUtf8 && /^application\/fhir\+json\s*(;|$)/i.test(type)) return undefined;
    return {
      text: `${type === '' ? 'Pas d’en-tête Content-Type' : `Content-Type reçu : ${type.slice(0, 80)}`}${isUtf8 ? '' : ', quand FHIR n’admet que UTF-8'}.`,
      example: 'Content-Type: application/fhir+json; charset=utf-8',
    };
  },
};

/** Where a FHIRPath of the whole answer starts. */
function nameRoot(json: unknown): string {
  const type = asObject(json)?.resourceType;
  return typeof type === 'string' && /^[A-Z][A-Za-z]{1,40}$/.test(type) ? type : 'Bundle';
}

export function runAnswers(scene: Scene, { flow, answers }: Survey): void {
  const group = `Réponse${GROUP_SUFFIX[flow]}`;
  for (const [id, check] of Object.entries(CHECKS)) {
    const requirement: Requirement = ROWS[id as keyof typeof ROWS];
    const exchanges = answers.map(({ exchange }) => exchange);
    scene.judge(group, mark(requirement, flow), judgeEach(scene, answers, check), ...exchanges);
  }
}

/** Passes when one answer at least was judged; what was not is told beside it. */
function judgeEach(scene: Scene, answers: readonly Answer[], check: AnswerCheck): Verdict {
  if (answers.length === 0) return skip('Donner --rpps.');
  const results = answers.map((answer) => check(scene, answer));
  const problems = results.filter((result) => typeof result === 'object');
  const unjudged = [...new Set(results.filter((result) => typeof result === 'string'))].join(' ; ');
  if (problems.length > 0) return passUnless(joinAlike(problems));
  if (results.every((result) => typeof result === 'string')) return passUnless(unjudged);
  return pass(unjudged === '' ? undefined : `Non jugé pour tous : ${unjudged}.`);
}

export async function runPerformance(scene: Scene, rpps: string | undefined): Promise<void> {
  if (rpps === undefined) return scene.judge('Performance', PERFORMANCE.A5, skip('Donner --rpps.'));
  const answer = await search(scene, 'INT_R01', [rpps], 'performance');
  const { exchange, view } = answer;
  const problems: Problem[] = [];
  if (view === undefined || exchange.received?.status !== 200) {
    problems.push({
      text: `La recherche mesurée n’a pas abouti : ${describeEnd(exchange)}.`,
      example: 'HTTP/1.1 200 OK et un Bundle, en moins de 1000 ms',
    });
  }
  if (exchange.durationMs >= DURATION_MS_MAX) {
    problems.push({
      text: `La réponse a mis ${Math.round(exchange.durationMs)} ms, connexion et TLS compris.`,
      example: 'Moins de 1000 ms ; au-delà de 7 s, le SAS ignore la réponse.',
    });
  }
  const empty = view?.of('Slot').length === 0;
  const verdict = problems.length === 0 && empty ? skip(describeNoSlot([answer])) : passUnless(problems);
  scene.judge('Performance', PERFORMANCE.A5, verdict, exchange);
}
