// The vendors that may write appointments at the mTLS port, by the pair of their certificate. A vendor whose entry is
// broken keeps the pair it had; without one it stays out, alone. No I/O, no clock. docs/relay.md "Inbound".

import { type BrokenEditor, type EditorConfig, fieldsOf } from '../base/config.ts';
import type { Problem } from '../base/problem.ts';
import { type InboundEditor, type InboundEditors, pairKey } from '../certificates/trust.ts';

export interface InboundEditorsLoaded {
  readonly editors: InboundEditors;
  readonly problems: readonly Problem[];
}

interface Claim {
  readonly key: string;
  readonly editor: InboundEditor;
  readonly field: string;
}

/** `broken`: entries that are not read at all. `previous`: what serves. */
export function loadInboundEditors(
  editors: readonly EditorConfig[],
  broken: readonly BrokenEditor[],
  previous: InboundEditors = new Map(),
): InboundEditorsLoaded {
  const problems: Problem[] = [];
  const kept = new Set(broken.map(({ id }) => id));
  const claims: Claim[] = [];
  const fields = fieldsOf(editors, broken);
  for (const [position, entry] of editors.entries()) {
    const claim = readClaim(entry, fields[position] ?? '', problems);
    if (claim === 'broken') kept.add(entry.id);
    else if (claim !== undefined) claims.push(claim);
  }
  const known = new Map<string, InboundEditor>();
  for (const [key, rivals] of Map.groupBy(claims, (claim) => claim.key)) {
    const owner = rivals.length === 1 ? rivals[0]?.editor.id : previous.get(key)?.id;
    for (const { editor, field } of rivals) {
      // A certificate is one vendor's: the one that had it keeps it, else nobody can be told from the others.
      if (editor.id === owner) known.set(key, editor);
      else {
        const text = "est aussi l'identité d'un autre éditeur";
        problems.push({ field: `${field}.client`, text, editor: editor.id });
        kept.add(editor.id);
      }
    }
  }
  for (const [key, editor] of previous) {
    if (kept.has(editor.id) && !known.has(key)) known.set(key, editor);
  }
  return { editors: known, problems };
}

function readClaim(entry: EditorConfig, field: string, problems: Problem[]): Claim | 'broken' | undefined {
  const { id, flows, client, appointmentSystem } = entry;
  if (!flows.includes('INT_R03')) return undefined;
  const text = 'manque pour le flux INT_R03';
  if (client === undefined) problems.push({ field: `${field}.client`, text, editor: id });
  if (appointmentSystem === undefined)
    problems.push({ field: `${field}.appointmentSystem`, text, editor: id });
  if (client === undefined || appointmentSystem === undefined) return 'broken';
  return { key: pairKey(client.cn, client.ou), editor: { id, appointmentSystem }, field };
}
