// What the console says of one search and its calls. Pure.

import type { SearchTrace, TracedCall } from '../../hub/traces/trace-ring.ts';
import { failureSentence } from '../../search/ledger.ts';
import { counted } from './moment.ts';

/** The guide's promise: every answer within so long. */
export const PROMISE_MS = 7_000;

/** One sentence, and how loud it is. */
export interface SearchSentence {
  readonly tone: 'down' | 'doubt' | 'well';
  readonly text: string;
}

/** What became of a search: the unknown first, then its time. */
export function saySearch({ counts, subjects, slots, durationMs }: SearchTrace): SearchSentence {
  const took = `répondu en ${writeMs(durationMs)}`;
  if (counts.unknown > 0) {
    return {
      tone: 'down',
      text: `${counted(counts.unknown, 'réponse inconnue', 'réponses inconnues')} sur ${subjects} ; ${took}.`,
    };
  }
  const found = `${counted(slots, 'créneau', 'créneaux')} pour ${counted(counts.slots, 'identifiant')} sur ${subjects}, rien d’inconnu`;
  return { tone: durationMs > PROMISE_MS ? 'doubt' : 'well', text: `${found} ; ${took}.` };
}

/** What became of a call. */
export function sayCall({ kind, reason, status, received, shown }: TracedCall): string {
  const failed = reason === undefined ? '' : failureSentence(reason);
  const http = status === undefined ? '' : ` (HTTP ${status})`;
  if (failed !== '') return `${failed}${http}${shown > 0 ? ` ; ${shown} créneaux venus avant` : ''}`;
  if (kind === 'kept') return 'gardée d’avant';
  return `a répondu : ${received} reçus, ${shown} valables${kind === 'joined' ? ', par l’appel d’une autre recherche' : ''}`;
}

const RETRIES: Readonly<Record<string, string>> = {
  answered: '2e essai, réussi',
  failed: '2e essai, en vain',
  'no-budget': 'pas de 2e essai : trop d’échecs à la fois',
  'no-time': 'pas de 2e essai : plus le temps',
  'no-place': 'pas de 2e essai : file pleine',
};

/** How often the vendor was asked. `retry`: of `CallTiming`. */
export function sayTry({ kind, timing }: TracedCall): string {
  if (kind !== 'asked') return '';
  if (timing === undefined) return 'ne le dit pas (version)';
  return timing.retry === undefined ? '1er' : (RETRIES[timing.retry] ?? timing.retry);
}

/** `312 ms`, `4,2 s`. */
export function writeMs(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return `${(Math.round(ms / 100) / 10).toLocaleString('fr-FR')} s`;
}
