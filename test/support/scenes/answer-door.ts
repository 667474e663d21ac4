// A vendor's answer on its whole way but the hub: bytes over mTLS, the relay's call with its pages, the lines that cross
// the link, the Worker's selection, Bundle and ledger.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { RetryBudget } from '../../../relay/search/retry-budget.ts';
import { writeAnswerLines } from '../../../shared/link/answer-frame.ts';
import type { SearchPlan } from '../../../shared/link/relay.ts';
import type { CallAnswer } from '../../../shared/sas/answer.ts';
import { Gathering } from '../../../worker/search/gathering.ts';
import { keepLedger } from '../../../worker/search/ledger.ts';
import { ask } from '../doubles/edge.ts';
import { askVendor, makeClient } from '../doubles/relay-client.ts';
import { type Handler, startTestVendor } from '../doubles/relay-vendor.ts';
import { mergeAnswers } from '../oracles/answered.ts';
import type { OracleQuestion } from '../oracles/none/oracle.ts';
import type { SentPage } from '../oracles/none/text.ts';
import type { Json } from '../samples/vendor-bundle.ts';
import { makeTestAuthority } from './relay/authority.ts';
import { makeScene } from './relay/scene.ts';

export type State = 'slots' | 'none' | 'unknown';

interface Shown {
  readonly states: ReadonlyMap<string, State>;
  /** Resources of the Bundle. */
  readonly resources: readonly Json[];
  readonly text: string;
  /** Why not "none", for people who read a failure. */
  readonly why: string;
}

export interface Door {
  readonly baseUrl: string;
  ask(pages: readonly SentPage[], question: OracleQuestion): Promise<Shown>;
  close(): Promise<void>;
}

const EDITOR = 'agenda-test';
/** The first vendor of relay/scene.ts. */
const EDITOR_OF_SCENE = 'agenda-1';
/** Longer than any answer takes: what is tried here is what is read. */
const BUDGET_MS = 60_000;

/** The relay's own call, without its process and link. */
export async function openDoor(): Promise<Door> {
  const authority = await makeTestAuthority();
  const ca = authority.signers.org.certPem + authority.signers.root.certPem;
  const vendor = new ServedPages();
  const server = await startTestVendor(await authority.server('vendor'), ca, vendor.handler);
  const { baseUrl } = server;
  const client = makeClient({ baseUrl, authority, files: await authority.client('relay') });
  return {
    baseUrl,
    ask: async (pages, question) => {
      vendor.pages = pages;
      await nextTurn();
      const signal = AbortSignal.timeout(BUDGET_MS);
      const budget = new RetryBudget(performance.now());
      const { answer } = await askVendor(client, planOf(question, EDITOR), signal, budget);
      return shownOf(answer, question, EDITOR);
    },
    close: async () => {
      await client.retire();
      await server.close();
      await authority.remove();
    },
  };
}

/** A relay process on a real link. */
export async function openProcessDoor(): Promise<Door> {
  const vendor = new ServedPages();
  const scene = await makeScene([vendor.handler]);
  scene.startRelay();
  const link = await scene.edge.linked();
  return {
    baseUrl: scene.vendors[0]?.baseUrl ?? '',
    ask: async (pages, question) => {
      vendor.pages = pages;
      const { answers } = await ask(link, planOf(question, EDITOR_OF_SCENE));
      const [answer] = answers;
      if (answer === undefined) throw new Error('no answer landed');
      return shownOf(answer, question, EDITOR_OF_SCENE);
    },
    close: () => scene.close(),
  };
}

class ServedPages {
  pages: readonly SentPage[] = [];

  readonly handler: Handler = (request, response) => {
    const page = this.pages[Number(/[?&]page=(\d+)/.exec(request.url ?? '')?.[1] ?? 0)];
    if (page === undefined) {
      response.writeHead(404).end();
      return;
    }
    const { body, status, contentType = 'application/fhir+json', encoding } = page;
    response.writeHead(status, {
      'content-type': contentType,
      ...(encoding && { 'content-encoding': encoding }),
    });
    response.end(body);
  };
}

let plans = 0;

function planOf({ flow, subjects, fromMs, toMs }: OracleQuestion, editor: string): SearchPlan {
  plans += 1;
  const calls = [{ editor, subjects }];
  return { id: `door-${plans}`, flow, fromMs, toMs, budgetMs: BUDGET_MS, gatherMs: 0, calls };
}

function shownOf(
  answer: CallAnswer,
  { flow, subjects, fromMs, toMs }: OracleQuestion,
  editor: string,
): Shown {
  const call = { vendor: editor, subjects };
  const nowMs = Date.now();
  const gathering = new Gathering([call], nowMs);
  gathering.take({ kind: 'answers', numbers: [0], body: writeAnswerLines(answer), shared: [] }, nowMs);
  const { results } = gathering.finish('done');
  const query = { flow, subjects, window: { fromMs, toMs } };
  const { entries, shown } = mergeAnswers(results, { query, nowMs });
  const vendors = [{ id: editor, name: editor }];
  const answers = { vendors, results, skipped: { vendors: 0, subjects: 0 }, linkBytes: 0 };
  const ledger = keepLedger(query, answers, shown, nowMs);
  const states = new Map<string, State>();
  for (const subject of subjects) {
    const told = (
      [
        ['slots', ledger.slots.has(subject)],
        ['none', ledger.none.includes(subject)],
        ['unknown', ledger.unknown.includes(subject)],
      ] as const
    ).filter(([, isSo]) => isSo);
    const [one, more] = told;
    if (one === undefined || more !== undefined) throw new Error(`${subject} has ${told.length} states`);
    states.set(subject, one[0]);
  }
  return {
    states,
    resources: entries.map((entry) => (JSON.parse(entry) as { resource: Json }).resource),
    text: entries.join('\n') + JSON.stringify(answer),
    why: JSON.stringify([answer.failure, answer.doubts, answer.dropped]),
  };
}
