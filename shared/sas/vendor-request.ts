// The exact request of the guide for one vendor call. docs/guide.md G-201, G-202, G-301 (parameters) and G-205
// (encodings: `|` and `+` escaped, `:` and `,` raw, `Location:organization` in lower case, always an offset).

import { formatInstant, parisOffsetMinutes } from '../time.ts';
import { SYSTEM } from './canonical.ts';
import type { Flow } from './query.ts';

export interface VendorQuestion {
  readonly flow: Flow;
  /** Prefixed national identifiers. */
  readonly subjects: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
}

/** Absolute URL of the search; `baseUrl` with or without its last slash. */
export function buildVendorRequest(baseUrl: string, question: VendorQuestion): string {
  const base = baseUrl.endsWith('/') ? baseUrl.slice(0, -1) : baseUrl;
  return `${base}/${question.flow === 'SOS' ? sosPath(question) : slotPath(question)}`;
}

function slotPath(question: VendorQuestion): string {
  const cpts =
    question.flow === 'INT_R04'
      ? '&_include=Slot:service-type-reference&_include:iterate=HealthcareService:organization'
      : '';
  return (
    `Slot?_include=Slot:schedule&_include:iterate=Schedule:actor${cpts}` +
    `&start=ge${bound(question.fromMs)}&start=le${bound(question.toMs)}&status=free` +
    `&schedule.actor:Practitioner.identifier=${tokens(SYSTEM.idnps, question.subjects)}`
  );
}

function sosPath(question: VendorQuestion): string {
  return (
    'Schedule?_revinclude=Slot:schedule&_include=Schedule:actor:Location&_include:iterate=Location:organization' +
    `&_has:Slot:schedule:start=ge${bound(question.fromMs)}&_has:Slot:schedule:start=le${bound(question.toMs)}` +
    '&_has:Slot:schedule:status=free' +
    `&actor:Location.organization.identifier=${tokens(SYSTEM.idnst, question.subjects)}`
  );
}

function bound(ms: number): string {
  return formatInstant(ms, parisOffsetMinutes(ms)).replace('+', '%2B');
}

function tokens(system: string, subjects: readonly string[]): string {
  return subjects.map((subject) => `${system}%7C${encodeURIComponent(subject)}`).join(',');
}
