// npm run explain -- --editor ID (--rpps N | --siret N) --at INSTANT: "why is my slot not shown?". Asks the edge, which
// asks that vendor alone, and prints the fate of each slot received. By default the local edge of `npm start`;
// elsewhere with --edge URL and a token of scope `admin` in PASSERELLE_TOKEN (docs/runbook.md).

import { oneOf, readFlags } from '../sandbox/base/flags.ts';
import { describeFailure } from '../sandbox/base/say.ts';
import { findLocalState, signToken } from '../sandbox/platform/local/state.ts';
import type { Check } from '../shared/command-line.ts';
import { normaliseProfessional, normaliseSiret } from '../shared/sas/identifier.ts';

const TEXT = { kind: 'text' } as const;
const WAIT_MS = 30_000;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

const flags = readFlags(
  'npm run explain -- --editor ID (--rpps N | --siret N) --at INSTANT [options]',
  {
    editor: { ...TEXT, hint: 'ID', required: true, about: "l'éditeur, tel que le relais le nomme" },
    rpps: {
      ...TEXT,
      hint: 'N',
      check: national(normaliseProfessional),
      about: 'le professionnel, avec ou sans préfixe',
    },
    siret: { ...TEXT, hint: 'N', check: national(normaliseSiret), about: "ou l'association SOS Médecins" },
    at: {
      ...TEXT,
      hint: 'INSTANT',
      required: true,
      check: (value) =>
        INSTANT.test(value) && !Number.isNaN(Date.parse(value))
          ? undefined
          : 'un instant avec son décalage est attendu, comme 2026-11-24T10:00:00+01:00',
      about: 'un instant du créneau',
    },
    flow: {
      ...TEXT,
      hint: 'FLUX',
      check: oneOf('INT_R01', 'INT_R04', 'SOS'),
      about: 'INT_R04 : avec les CPTS',
    },
    edge: {
      ...TEXT,
      hint: 'URL',
      default: 'http://127.0.0.1:8787',
      check: (value) =>
        /^https?:$/.test(URL.parse(value)?.protocol ?? '')
          ? undefined
          : 'une adresse http ou https est attendue',
      about: "l'accès ; ailleurs que sur cette machine, un jeton de portée admin dans PASSERELLE_TOKEN",
    },
    state: {
      ...TEXT,
      hint: 'DOSSIER',
      default: '.passerelle/edge',
      about: "celui de l'accès local, qui donne le jeton",
    },
  },
  ({ rpps, siret }) =>
    (rpps === undefined) === (siret === undefined) ? ['Il faut --rpps ou --siret, et un seul des deux.'] : [],
);

function national(normalise: (value: string) => string | undefined): Check {
  return (value) =>
    normalise(value) === undefined ? 'un identifiant national lisible est attendu' : undefined;
}

interface Rule {
  readonly rule: string;
  readonly text: string;
  readonly page: string;
}

interface Explanation {
  readonly answered: boolean;
  readonly failure?: { readonly reason: string; readonly status?: number };
  readonly from: string;
  readonly to: string;
  readonly received: number;
  readonly shown: number;
  readonly slots: readonly {
    readonly id: string;
    readonly start: string;
    readonly end: string;
    readonly schedule: string;
    readonly matches: boolean;
    readonly shown: boolean;
    readonly shownAs?: string;
    readonly dropped?: Rule;
    readonly repaired: readonly Rule[];
  }[];
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function ask(): Promise<Explanation> {
  const token = process.env.PASSERELLE_TOKEN ?? (await signToken(await findLocalState(flags.state), 'admin'));
  const response = await fetch(`${flags.edge}/admin/explain`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    signal: AbortSignal.timeout(WAIT_MS),
    body: JSON.stringify({
      editor: flags.editor,
      identifier: flags.rpps ?? flags.siret,
      at: flags.at,
      flow: flags.flow ?? (flags.siret === undefined ? 'INT_R01' : 'SOS'),
    }),
  }).catch((cause: unknown) => {
    const inner = cause instanceof Error ? (cause.cause as NodeJS.ErrnoException | undefined) : undefined;
    throw new Error(
      `Pas de réponse de ${flags.edge} (${inner?.code ?? 'délai dépassé'}) : l'accès y est-il lancé ? --edge le nomme.`,
    );
  });
  const body = (await response.json().catch(() => ({}))) as Explanation & {
    issue?: { details?: { text?: string } }[];
  };
  if (response.ok) return body;
  throw new Error(
    `${flags.edge} a refusé (HTTP ${response.status}) : ${body.issue?.[0]?.details?.text ?? 'sans explication'}`,
  );
}

function tell(answer: Explanation): void {
  if (!answer.answered) {
    const { reason, status } = answer.failure ?? { reason: 'inconnue' };
    say(
      `${flags.editor} n'a pas répondu comme attendu : ${reason}${status === undefined ? '' : ` (HTTP ${status})`}.`,
    );
  }
  say(`Entre ${answer.from} et ${answer.to} : ${answer.received} créneaux reçus, ${answer.shown} affichés.`);
  const matching = answer.slots.filter(({ matches }) => matches);
  if (matching.length === 0) {
    const others = answer.slots.length > 0 ? ' Ceux qui ont été reçus :' : '';
    say(`Aucun créneau reçu ne couvre ${flags.at}.${others}`);
  }
  for (const slot of matching.length > 0 ? matching : answer.slots) {
    say(`\n  ${slot.start} → ${slot.end}   Slot/${slot.id}   ${slot.schedule}`);
    if (slot.dropped !== undefined)
      say(`    écarté [${slot.dropped.rule}] ${slot.dropped.text} (page ${slot.dropped.page})`);
    else say(`    affiché sous Slot/${slot.shownAs ?? ''}`);
    for (const { rule, text } of slot.repaired) say(`    réparé [${rule}] ${text}`);
  }
}

try {
  tell(await ask());
} catch (cause) {
  process.stderr.write(`${describeFailure(cause, flags.state)}\n`);
  process.exitCode = 1;
}
