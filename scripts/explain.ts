// npm run explain -- --editor ID (--rpps N | --siret N) --at INSTANT [--cpts]: "why is my slot not shown?". Asks the
// edge, which asks that vendor alone, and prints the fate of each slot received. By default the local edge of
// `npm start`; elsewhere with --edge URL and a token of scope `admin` in PASSERELLE_TOKEN.

import { readFlags, refuseUsage } from '../sandbox/platform/flags.ts';
import { openLocalState, signToken } from '../sandbox/platform/local-state.ts';

const USAGE =
  'Usage : npm run explain -- --editor ID (--rpps N | --siret N) --at 2026-11-24T10:00:00+01:00 [--flow INT_R04] [--edge URL] [--state DIR]';
const flags = readFlags(USAGE, {
  editor: '',
  rpps: '',
  siret: '',
  at: '',
  flow: '',
  edge: 'http://127.0.0.1:8787',
  state: '.passerelle/edge',
});

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
  const token = process.env.PASSERELLE_TOKEN ?? (await signToken(await openLocalState(flags.state), 'admin'));
  const response = await fetch(`${flags.edge}/admin/explain`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      editor: flags.editor,
      identifier: flags.rpps || flags.siret,
      at: flags.at,
      flow: flags.flow || (flags.siret === '' ? 'INT_R01' : 'SOS'),
    }),
  });
  const body = (await response.json()) as Explanation & { issue?: { details?: { text?: string } }[] };
  if (response.ok) return body;
  throw new Error(body.issue?.[0]?.details?.text ?? `réponse ${response.status}`);
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
  if (matching.length === 0) say(`Aucun créneau reçu ne couvre ${flags.at}. Ceux qui ont été reçus :`);
  for (const slot of matching.length > 0 ? matching : answer.slots) {
    say(`\n  ${slot.start} → ${slot.end}   Slot/${slot.id}   ${slot.schedule}`);
    if (slot.dropped !== undefined)
      say(`    écarté [${slot.dropped.rule}] ${slot.dropped.text} (page ${slot.dropped.page})`);
    else say(`    affiché sous Slot/${slot.shownAs ?? ''}`);
    for (const { rule, text } of slot.repaired) say(`    réparé [${rule}] ${text}`);
  }
}

if (flags.editor === '' || flags.at === '' || (flags.rpps === '') === (flags.siret === ''))
  refuseUsage(USAGE);
try {
  tell(await ask());
} catch (cause) {
  process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exitCode = 1;
}
