// V1..V31: regulator accounts, in the order of ANS's kit, because each step builds on those before it. Only with
// --accounts: it writes at the vendor's. The accounts made here are withdrawn at the end.

import { randomUUID } from 'node:crypto';
import {
  ACCOUNT_STEPS,
  type AccountRequest,
  type Body,
  type Stage,
  type Step,
} from '../calls/account-steps.ts';
import { describeEnd, type Exchange } from '../calls/exchange.ts';
import { breaks, pass, skip, type Verdict } from '../requirement.ts';
import type { Scene } from '../scene.ts';

const GROUP = 'Comptes régulateurs';
const HEADERS = { 'content-type': 'application/fhir+json' };

const EXPECTED: Readonly<
  Record<
    Step['expects'],
    { readonly text: string; readonly accepts: (status: number) => boolean; readonly example: string }
  >
> = {
  created: {
    text: 'Une création (201) était attendue',
    accepts: (status) => status === 201,
    example: 'HTTP/1.1 201 Created\nLocation: [base]/Practitioner/123',
  },
  written: {
    text: 'Une création ou une mise à jour (200 ou 201) était attendue',
    accepts: (status) => status === 200 || status === 201,
    example: 'HTTP/1.1 200 OK\nLocation: [base]/Practitioner/123',
  },
  accepted: {
    text: 'Une mise à jour (2xx) était attendue',
    accepts: (status) => status >= 200 && status < 400,
    example: 'HTTP/1.1 200 OK\nLocation: [base]/Practitioner/123',
  },
  refused: {
    text: 'Un refus (4xx ou 5xx) était attendu',
    accepts: (status) => status >= 400,
    example:
      'HTTP/1.1 422 Unprocessable Entity\n\n{ "resourceType": "OperationOutcome",\n  "issue": [{ "severity": "error", "code": "required", "diagnostics": "identifier est obligatoire" }] }',
  },
};

export async function runAccounts(scene: Scene): Promise<void> {
  if (!scene.inputs.accounts) {
    for (const { requirement } of ACCOUNT_STEPS) {
      scene.judge(GROUP, requirement, skip('Écrit chez l’éditeur : donner --accounts.'));
    }
    return;
  }
  const stage = makeStage(scene);
  const live = new Map<string, Body>();
  // Methods by which a sound account was once written: a server that refuses everything shows no refusal.
  const proven = new Set<Exchange['sent']['method']>();
  for (const step of ACCOUNT_STEPS) {
    const exchanges: Exchange[] = [];
    const requests = step.requests(stage);
    for (const [rank, request] of requests.entries()) {
      const label = `${step.requirement.id}${requests.length > 1 ? ` (${rank + 1} sur ${requests.length})` : ''}`;
      const exchange = await send(scene, label, request.query, request.body);
      exchanges.push(exchange);
      if ((exchange.received?.status ?? 500) < 300) remember(live, request);
    }
    scene.judge(GROUP, step.requirement, judgeStep(scene, step, exchanges, proven), ...exchanges);
    if (step.expects !== 'refused') {
      for (const { sent, received } of exchanges) {
        if ((received?.status ?? 500) < 400) proven.add(sent.method);
      }
    }
  }
  await withdraw(scene, live);
}

function makeStage({ inputs }: Scene): Stage {
  // Unique to the run, so that a second one does not find the accounts of the first.
  const run = inputs.now().toString(36);
  return {
    national: inputs.regulator ?? `3999000101/CONF-${run}-A`,
    changed: inputs.newRegulator ?? `3999000101/CONF-${run}-B`,
    email: `conformite-${run}@essai.example`,
    uuid: [randomUUID(), randomUUID(), randomUUID(), randomUUID(), randomUUID(), randomUUID()],
  };
}

function send(scene: Scene, label: string, query: string | undefined, body: unknown): Promise<Exchange> {
  const base = `${scene.inputs.editor.baseUrl}/Practitioner`;
  return query === undefined
    ? scene.caller.call({ label, method: 'POST', url: base, headers: HEADERS, body })
    : scene.caller.call({
        label,
        method: 'PUT',
        url: `${base}?identifier=${encodeURIComponent(query)}`,
        headers: HEADERS,
        body,
      });
}

/** Every request but the last prepares the step, and must succeed. */
function judgeStep(
  scene: Scene,
  step: Step,
  exchanges: readonly Exchange[],
  proven: ReadonlySet<string>,
): Verdict {
  const last = exchanges.at(-1);
  for (const exchange of exchanges) {
    const { text, accepts, example } = exchange === last ? EXPECTED[step.expects] : EXPECTED.created;
    const status = exchange.received?.status;
    if (status !== undefined && accepts(status)) continue;
    const sentence = `${text} : ${describeEnd(exchange)}.`;
    const { json } = exchange.received ?? {};
    const problem =
      json === undefined ? { text: sentence } : scene.problem(json, sentence, 'OperationOutcome');
    return breaks({ ...problem, example });
  }
  if (step.expects === 'refused' && exchanges.length === 1 && !proven.has(last?.sent.method ?? ''))
    return skip(`Non jugé : aucun compte complet n’a encore été accepté par ${last?.sent.method}.`);
  return pass(last === undefined ? undefined : `${describeEnd(last)}.`);
}

/** Which identifiers name an account of this run, by `system|value`. */
function remember(live: Map<string, Body>, { query, body }: AccountRequest): void {
  const [identifier] = body.identifier ?? [];
  if (identifier === undefined) return;
  if (query !== undefined) live.delete(query);
  live.set(`${identifier.system}|${identifier.value}`, body);
}

/** No trial account stays active at the vendor's. These exchanges are shown, and judge nothing. */
async function withdraw(scene: Scene, live: ReadonlyMap<string, Body>): Promise<void> {
  for (const [query, body] of live) {
    if (body.active === true)
      await send(scene, 'retrait du compte d’essai', query, { ...body, active: false });
  }
}
