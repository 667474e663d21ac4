// The run: every group in the kit's order, then what a gateway would make of the answers. Returns what was judged
// and exchanged; writes nothing. docs/decisions/0006-conformance.md.

import { hash } from 'node:crypto';
import { isBlocking } from '../relay/base/problem.ts';
import { type Certificates, loadCertificates } from '../relay/certificates/certificates.ts';
import { err, ok, type Result } from '../shared/result.ts';
import type { RuleCount } from '../shared/sas/answer.ts';
import { AnswerReader } from '../shared/sas/read/answer-reader.ts';
import { describeFailure, type Exchange } from './calls/exchange.ts';
import type { Answer } from './calls/search.ts';
import { runAccounts } from './groups/accounts.ts';
import { runAnswers, runPerformance } from './groups/answer.ts';
import { runAppointments } from './groups/appointments.ts';
import { runCapability } from './groups/capability.ts';
import { runCpts } from './groups/cpts.ts';
import { runDeclarations } from './groups/declarations.ts';
import { runKinds } from './groups/kinds.ts';
import { runOnePlace } from './groups/one-place.ts';
import { runOptional } from './groups/optional.ts';
import { runRedirect } from './groups/redirect.ts';
import { runSecurity } from './groups/security.ts';
import { runPeople, runPlaces } from './groups/several.ts';
import { runSlots } from './groups/slots.ts';
import { runSos } from './groups/sos.ts';
import { runValidation } from './groups/validation.ts';
import type { RunInputs } from './inputs.ts';
import type { Mask } from './report/mask.ts';
import type { Judged } from './requirement.ts';
import { Scene } from './scene.ts';
import { type Survey, survey } from './survey.ts';

/** What the gateway would show of all the practitioners' answers: received = shown + dropped. */
interface Reading {
  readonly received: number;
  readonly shown: number;
  readonly dropped: readonly RuleCount[];
  readonly repaired: readonly RuleCount[];
}

export interface Run {
  readonly inputs: RunInputs;
  readonly certificates: Certificates;
  readonly startedMs: number;
  readonly judged: readonly Judged[];
  readonly exchanges: readonly Exchange[];
  readonly reading: Reading;
  readonly mask: Mask;
}

/** The error is a French sentence: nothing could be asked at all. */
export async function runAll(inputs: RunInputs): Promise<Result<Run, string>> {
  const startedMs = inputs.now();
  const loaded = loadCertificates(inputs.editor, 'client', 'editor', startedMs);
  const problems = loaded.problems.filter(isBlocking);
  if (problems.length > 0 || loaded.certificates === undefined) {
    return err(problems.map(({ field, text }) => `${field} : ${text}.`).join('\n'));
  }
  const scene = new Scene(inputs, loaded.certificates);
  const first = await runSecurity(scene);
  if (first.failure?.reason === 'connect') {
    return err(`${inputs.editor.baseUrl} : ${describeFailure(first.failure)}.`);
  }
  runDeclarations(scene);
  await runCapability(scene);
  const practitioners = await runPractitioners(scene);
  await runSos(scene);
  await runAccounts(scene);
  await runRedirect(scene, practitioners);
  runAppointments(scene);
  const { judged, caller, mask } = scene;
  const reading = readAll(practitioners.answers, inputs.editor.id);
  return ok({
    inputs,
    certificates: scene.certificates,
    startedMs,
    judged,
    exchanges: caller.exchanges,
    reading,
    mask,
  });
}

/** INT_R01, then INT_R04 when asked. */
async function runPractitioners(scene: Scene): Promise<Survey> {
  const individual = await survey(scene, 'INT_R01');
  runAnswers(scene, individual);
  await runPerformance(scene, (individual.anyone ?? individual.answers[0])?.subjects[0]);
  await runContent(scene, individual);
  if (!scene.inputs.cpts) {
    runCpts(scene, undefined);
    return individual;
  }
  const communities = await survey(scene, 'INT_R04');
  runAnswers(scene, communities);
  await runContent(scene, communities);
  runCpts(scene, communities);
  return individual;
}

async function runContent(scene: Scene, found: Survey): Promise<void> {
  runValidation(scene, found);
  runOnePlace(scene, found);
  runSlots(scene, found);
  runPlaces(scene, found);
  await runPeople(scene, found);
  runOptional(scene, found);
  runKinds(scene, found);
}

function readAll(answers: readonly Answer[], editor: string): Reading {
  const counts = { received: 0, shown: 0 };
  const rows = { dropped: new Map<string, RuleCount>(), repaired: new Map<string, RuleCount>() };
  for (const { view, flow, subjects, window, nowMs } of answers) {
    if (view === undefined) continue;
    const shorten = (text: string): string => hash('sha256', text, 'hex').slice(0, 20);
    const reader = new AnswerReader({ editor, flow, subjects, ...window, nowMs, hash: shorten });
    if (!reader.add(view.bundle).ok) continue;
    const read = reader.finish();
    counts.received += read.received;
    counts.shown += read.shown;
    for (const kind of ['dropped', 'repaired'] as const) {
      for (const row of read[kind]) {
        const known = rows[kind].get(row.rule);
        rows[kind].set(row.rule, known === undefined ? row : { ...known, count: known.count + row.count });
      }
    }
  }
  return { ...counts, dropped: [...rows.dropped.values()], repaired: [...rows.repaired.values()] };
}
