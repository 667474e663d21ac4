// A12..A15, A20..A24: the slots themselves and the link that repeats the request, over every answer of the flow.

import { objectsOf } from '../../shared/fhir/json.ts';
import { PROFILE } from '../../shared/sas/canonical.ts';
import { instantMs } from '../../shared/sas/rules/r4/formats.ts';
import { formatInstant, parisOffsetMinutes } from '../../shared/time.ts';
import { type BundleView, codesOf, type Found } from '../bundle-view.ts';
import type { Answer } from '../calls/search.ts';
import { defineRequirements, type Problem, type Requirement, skip, type Verdict } from '../requirement.ts';
import type { Scene } from '../scene.ts';
import { compareQueries } from '../self-link.ts';
import { GROUP_SUFFIX, mark, type Survey } from '../survey.ts';

const ROWS = defineRequirements({
  A12: 'failure [PS] Aucun créneau n’a déjà commencé.',
  A13: 'failure [PS] Aucun créneau ne commence après le dernier jour de la fenêtre demandée.',
  A14: 'failure [PS] start et end s’écrivent AAAA-MM-JJThh:mm:ss.SSS±hh:mm.',
  A15: 'failure [PS] Chaque créneau a une fin, postérieure à son début.',
  A20: 'failure [PS] Bundle.link.url porte les paramètres de la requête, tous et eux seuls.',
  A21: 'warning [KIT] Bundle.link.url est l’adresse même de la requête.',
  A22: 'failure [FAQ] Chaque créneau donne dans comment l’URL de l’agenda, même sans réservation.',
  A23: 'failure [PS] Tous les créneaux sont libres (status = free).',
  A24: 'failure [PS] appointmentType est ROUTINE ou WALKIN.',
});

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}[+-]\d{2}:\d{2}$/;
/** Problems shown per requirement: the others are counted. */
const SHOWN_MAX = 5;

type SlotCheck = (
  slot: Found,
  answer: Answer,
) => { readonly text: string; readonly at: string; readonly example: string } | undefined;

const SLOT_CHECKS = {
  A12: ({ resource: { start } }, { nowMs }) =>
    instantOf(start) < nowMs
      ? {
          text: 'Le créneau a déjà commencé.',
          at: 'start',
          example: `"start": "${paris(nowMs + 3_600_000)}"`,
        }
      : undefined,
  A13: ({ resource: { start } }, { window }) =>
    dayOf(instantOf(start)) > dayOf(window.toMs)
      ? {
          text: 'Le créneau commence après la fenêtre.',
          at: 'start',
          example: `au plus tard ${paris(window.toMs)}`,
        }
      : undefined,
  A14: ({ resource }) => {
    const at = ['start', 'end'].find((name) => !INSTANT.test(String(resource[name])));
    return at === undefined
      ? undefined
      : { text: `${at} n’a pas la forme attendue.`, at, example: `"${at}": "2026-03-02T09:00:00.000+01:00"` };
  },
  A15: ({ resource: { start, end } }) =>
    instantOf(start) < instantOf(end)
      ? undefined
      : {
          text: 'end manque, est illisible, ou ne suit pas start.',
          at: 'end',
          example: '"start": "2026-03-02T09:00:00.000+01:00",\n"end": "2026-03-02T09:20:00.000+01:00"',
        },
  A22: ({ resource: { comment } }) =>
    typeof comment === 'string' && comment.trim() !== ''
      ? undefined
      : {
          text: 'Le créneau n’a pas de comment.',
          at: 'comment',
          example: '"comment": "https://agenda.example/praticien?id=7"',
        },
  A23: ({ resource: { status } }) =>
    status === 'free'
      ? undefined
      : { text: 'Le statut n’est pas free.', at: 'status', example: '"status": "free"' },
  A24: ({ resource }) => {
    const codes = codesOf(resource.appointmentType);
    if (codes.length > 0 && codes.every((code) => code === 'ROUTINE' || code === 'WALKIN')) return undefined;
    return {
      text: 'appointmentType n’est ni ROUTINE ni WALKIN.',
      at: 'appointmentType',
      example:
        '"appointmentType": { "coding": [{\n  "system": "http://terminology.hl7.org/CodeSystem/v2-0276",\n  "code": "ROUTINE"\n}] }',
    };
  },
} satisfies Readonly<Record<string, SlotCheck>>;

export function runSlots(scene: Scene, { flow, answers }: Survey): void {
  const group = `Créneaux${GROUP_SUFFIX[flow]}`;
  const read = answers.filter(({ view }) => view !== undefined);
  const exchanges = read.map(({ exchange }) => exchange);
  for (const [id, check] of Object.entries(SLOT_CHECKS)) {
    const requirement: Requirement = mark(ROWS[id as keyof typeof ROWS], flow);
    scene.judge(group, requirement, judgeSlots(scene, read, check), ...exchanges);
  }
  scene.judge(group, mark(ROWS.A20, flow), judgeLinks(scene, read, false), ...exchanges);
  scene.judge(group, mark(ROWS.A21, flow), judgeLinks(scene, read, true), ...exchanges);
}

/** Over all slots: every one counts, the first few are shown. */
export function judgeSlots(scene: Scene, answers: readonly Answer[], check: SlotCheck): Verdict {
  const problems: Problem[] = [];
  let slots = 0;
  let broken = 0;
  for (const answer of answers) {
    for (const found of slotsOf(answer.view)) {
      slots += 1;
      const failure = check(found, answer);
      if (failure === undefined) continue;
      broken += 1;
      if (problems.length >= SHOWN_MAX) continue;
      const { text, at, example } = failure;
      problems.push(scene.problem(answer.view?.bundle, text, `${found.path}.${at}`, example));
    }
  }
  if (slots === 0) return skip('Non jugé : aucun créneau n’est reçu.');
  if (broken > problems.length)
    problems.push({ text: `… et ${broken - problems.length} autres, sur ${slots} créneaux.` });
  return broken === 0 ? { does: 'pass', note: `${slots} créneaux.` } : { does: 'break', problems };
}

/** The slots of the guide's profiles; all of them when none declares one, so that their content is judged too. */
function slotsOf(view: BundleView | undefined): readonly Found[] {
  const declared = view?.under('Slot', PROFILE.slotIndividual, PROFILE.slotCpts, PROFILE.slotSos) ?? [];
  return declared.length > 0 ? declared : (view?.of('Slot') ?? []);
}

export function judgeLinks(scene: Scene, answers: readonly Answer[], whole: boolean): Verdict {
  if (answers.length === 0) return skip('Non jugé : aucune recherche n’a rendu de Bundle (A2).');
  const problems = answers.flatMap(({ view, exchange }) => {
    const url = objectsOf(view?.bundle.link)[0]?.url;
    const asked = exchange.sent.url;
    const text = whole ? compareWhole(url, asked) : compareQueries(url, asked);
    if (text === undefined) return [];
    const example = `"link": [{ "relation": "self", "url": "${asked}" }]`;
    return [scene.problem(view?.bundle, scene.mask.text(text), 'Bundle.link', example)];
  });
  return problems.length === 0 ? { does: 'pass' } : { does: 'break', problems: problems.slice(0, SHOWN_MAX) };
}

function compareWhole(url: unknown, asked: string): string | undefined {
  return url === asked
    ? undefined
    : 'L’adresse du lien n’est pas celle de la requête (normal derrière un mandataire).';
}

/** NaN when it is no instant: comparisons are then false. */
function instantOf(text: unknown): number {
  return typeof text === 'string' ? instantMs(text) : Number.NaN;
}

function dayOf(ms: number): string {
  return Number.isNaN(ms) ? '' : paris(ms).slice(0, 10);
}

function paris(ms: number): string {
  return formatInstant(ms, parisOffsetMinutes(ms));
}
