// Dates of a search, by R4's precision rules: a date means all that it covers, be it a second or a year. No I/O.

import { refuse } from '../../../shared/sas/search-parameters.ts';
import { parseInstant } from '../../../shared/time.ts';

/** Inclusive bounds, milliseconds. */
export interface Range {
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

/** Every date given must hold. @throws GatewayError parameter-invalid. */
export function readRange(name: string, given: readonly string[] = []): Range {
  const ranges = given.map((value) => readBound(name, value.trim()));
  const from = ranges.flatMap(({ fromMs }) => fromMs ?? []);
  const to = ranges.flatMap(({ toMs }) => toMs ?? []);
  return {
    fromMs: from.length === 0 ? undefined : Math.max(...from),
    toMs: to.length === 0 ? undefined : Math.min(...to),
  };
}

function readBound(name: string, text: string): Range {
  const prefix = /^[a-z]{2}/.exec(text)?.[0] ?? 'eq';
  const { ms, lastMs } = readDate(name, text.replace(/^[a-z]{2}/, ''));
  switch (prefix) {
    case 'eq':
      return { fromMs: ms, toMs: lastMs };
    case 'ge':
      return { fromMs: ms, toMs: undefined };
    case 'gt':
      return { fromMs: lastMs + 1, toMs: undefined };
    case 'le':
      return { fromMs: undefined, toMs: lastMs };
    case 'lt':
      return { fromMs: undefined, toMs: ms - 1 };
    default:
      throw refuse('parameter-invalid', name, `${name} attend eq, ge, gt, le ou lt devant la date.`);
  }
}

function readDate(name: string, text: string): { readonly ms: number; readonly lastMs: number } {
  // A form decoder made the offset's + a blank (docs/guide.md G-205).
  const date = text.trim().replace(/(T[\d:.]+) (\d\d:?\d\d)$/, '$1+$2');
  const [, year = '', month] = /^(\d{4})(?:-(\d{2}))?$/.exec(date) ?? [];
  const first = parseInstant(year === '' ? date : `${year}-${month ?? '01'}-01`);
  const last = year === '' ? first : parseInstant(lastDay(Number(year), month));
  if (first !== undefined && last !== undefined) return { ms: first.ms, lastMs: last.lastMs };
  throw refuse('parameter-invalid', name, `${name} : la date n'est pas lisible (AAAA-MM-JJThh:mm:ss±hh:mm).`);
}

function lastDay(year: number, month: string | undefined): string {
  const last = new Date(Date.UTC(year, month === undefined ? 12 : Number(month), 0));
  return last.toISOString().slice(0, 10);
}
