// GET /console/journal and /console/journal/export: who did what and read whom, newest first; and the whole as JSON lines,
// oldest first, that `npm run audit-verify` checks.

import { type Html, html } from '../../../shared/html.ts';
import { table } from '../frame/parts.ts';
import type { AuditEntry } from '../model/audit-chain.ts';
import type { ConsoleContext, Screen } from '../model/context.ts';
import { writeMoment } from '../model/moment.ts';
import { listAudit, readAuditAfter } from '../tables/audit.ts';
import { noteAct } from '../tables/note-act.ts';

const SHOWN_MAX = 200;
const PAGE = 500;

/** GET /console/journal. */
export async function journalScreen({ env, startedMs }: ConsoleContext): Promise<Screen> {
  const entries = await listAudit(env.DB, SHOWN_MAX);
  return {
    title: 'Journal',
    body: html`<p>Chaque acte et chaque lecture de données personnelles faits dans cette console, les ${SHOWN_MAX} derniers. Chaque ligne porte l’empreinte de la précédente : une ligne changée se voit.</p>
<p><a href="/console/journal/export">Exporter tout (JSON, une ligne par acte)</a> <span class="muted">puis <code>npm run audit-verify -- FICHIER</code></span></p>
${auditTable(entries, startedMs)}`,
  };
}

/** Entries of the audit as a table. */
export function auditTable(entries: readonly AuditEntry[], nowMs: number): Html {
  const rows = entries.map(({ id, atMs, actor, act, target, before, after, reason, requestId }) => [
    html`${id}`,
    writeMoment(atMs, nowMs),
    actor,
    act,
    target,
    before === '' ? after : html`${before} → ${after}`,
    reason,
    html`<code>${requestId}</code>`,
  ]);
  return table(
    'Actes et lectures',
    ['Ligne', 'Quand', 'Qui', 'Quoi', 'Sur', 'Changement', 'Motif', 'Référence'],
    rows,
    'Aucun acte n’a encore été fait dans cette console.',
  );
}

/** GET /console/journal/export: as many rows as there are, a page at a time. */
export async function exportJournal(context: ConsoleContext): Promise<Response> {
  const { env, requestId } = context;
  await noteAct(context, { act: 'exporter le journal' });
  let after = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const entries = await readAuditAfter(env.DB, after, PAGE);
      for (const entry of entries) controller.enqueue(new TextEncoder().encode(`${JSON.stringify(entry)}\n`));
      after = entries.at(-1)?.id ?? after;
      if (entries.length < PAGE) controller.close();
    },
  });
  return new Response(body, {
    headers: {
      'Content-Type': 'application/x-ndjson; charset=utf-8',
      'Content-Disposition': 'attachment; filename="journal-console.ndjson"',
      'Cache-Control': 'no-store',
      'X-Request-Id': requestId,
    },
  });
}
