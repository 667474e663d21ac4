// The times of a maintenance, as an operator writes them and as they may be: on the clock of Paris, or with the offset written.
// The hour that autumn has twice is asked about, not guessed. Pure.

import { GatewayError } from '../../shared/error.ts';
import { parisOffsetMinutes, parseInstant, sayParisTime } from '../../shared/time.ts';
import type { Maintenance, MaintenanceWindow } from '../store/maintenances.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Longer is no maintenance: a vendor that is away for so long is switched off. */
const LASTS_MS_MAX = 30 * DAY_MS;
const AHEAD_MS_MAX = 366 * DAY_MS;
/** Of whoever writes "now" and takes a moment to send it. */
const LATE_MS = 5 * MINUTE_MS;
const WRITTEN = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?$/;

const refuse = (text: string): never => {
  throw new GatewayError({ reason: 'parameter-invalid', text: `${text} Rien n’a été changé.` });
};

/** Milliseconds since 1970. `name`: what it is, as a sentence begins. @throws GatewayError parameter-invalid. */
export function readTime(text: string, name: string): number {
  const parsed = WRITTEN.test(text) ? parseInstant(text) : undefined;
  if (parsed === undefined) {
    return refuse(`${name} est à écrire comme 2026-12-01T14:00 (heure de Paris) ou 2026-12-01T14:00+01:00.`);
  }
  if (/(Z|[+-]\d{2}:\d{2})$/.test(text)) return parsed.ms;
  const localMs = parsed.ms + parsed.offsetMinutes * MINUTE_MS;
  const meant = [120, 60].map((offset) => localMs - offset * MINUTE_MS);
  const real = meant.filter((ms, at) => parisOffsetMinutes(ms) === [120, 60][at]);
  const [only, other] = real;
  if (only === undefined) {
    return refuse(`${name} n’existe pas : à Paris, les horloges sautent cette heure-là.`);
  }
  if (other === undefined) return only;
  return refuse(
    `${name} arrive deux fois cette nuit-là à Paris : écrire ${text}+02:00 pour la première fois, ${text}+01:00 pour la seconde.`,
  );
}

/** @throws GatewayError parameter-invalid. `known`: what it changes; what has begun keeps its beginning. */
export function checkWindow(
  { fromMs, toMs }: MaintenanceWindow,
  nowMs: number,
  known?: Pick<Maintenance, 'fromMs'>,
): void {
  if (toMs <= fromMs) refuse('La fin est avant le début, ou au même moment.');
  if (toMs <= nowMs) {
    refuse(`La fin, ${sayParisTime(toMs)}, est passée : une maintenance ne se déclare pas après coup.`);
  }
  if (toMs - fromMs > LASTS_MS_MAX) {
    refuse('Une maintenance dure 30 jours au plus. Un éditeur absent plus longtemps est à couper.');
  }
  if (fromMs > nowMs + AHEAD_MS_MAX) refuse('Le début est dans plus d’un an.');
  if (fromMs === known?.fromMs) return;
  if (known !== undefined && known.fromMs <= nowMs) {
    refuse('La maintenance a commencé : son début ne change plus.');
  }
  if (fromMs < nowMs - LATE_MS) {
    refuse(`Le début, ${sayParisTime(fromMs)}, est passé : une maintenance ne se déclare pas après coup.`);
  }
}
