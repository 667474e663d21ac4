// Faults that answer in place of the search, later, or never.

import type { OperationOutcomeIssue, Patient } from 'fhir/r4';
import type { Exchange, Reply } from '../exchange.ts';
import { writeOutcome } from '../outcome.ts';
import { FHIR_JSON } from '../search/codes.ts';
import type { TakenFault } from './faults.ts';

const FHIR = { 'Content-Type': FHIR_JSON };

/** The answer to deliver in place of the search; undefined lets the search be made. */
export async function answerInstead(
  exchange: Exchange,
  fault: TakenFault,
  reset: (exchange: Exchange) => void,
): Promise<Reply | undefined> {
  switch (fault.kind) {
    case 'hang':
      return exchange.waitForever();
    case 'slow':
      await exchange.wait(fault.number('delayMs'));
      return undefined;
    case 'reset-early':
      reset(exchange);
      return exchange.waitForever();
    case 'status-400':
      return refuse(400, 'invalid');
    case 'status-401':
      return refuse(401, 'login');
    case 'status-404':
      return refuse(404, 'not-found');
    case 'status-422':
      return refuse(422, 'business-rule');
    case 'status-429':
      return refuse(429, 'throttled', { 'Retry-After': String(fault.number('retryAfterS')) });
    case 'status-500':
      return refuse(500, 'exception');
    case 'status-503':
      return refuse(503, 'transient', { 'Retry-After': String(fault.number('retryAfterS')) });
    case 'html':
      return {
        status: 200,
        headers: { 'Content-Type': 'text/html; charset=utf-8' },
        body: '<!doctype html><html lang="fr"><title>Maintenance</title><p>Service en maintenance.</p></html>',
      };
    case 'redirect':
      return { status: 302, headers: { Location: fault.text('location') }, body: '' };
    case 'not-bundle':
      return { status: 200, headers: FHIR, body: writeOther(fault.text('as')) };
    default:
      return undefined;
  }
}

function refuse(
  status: number,
  code: OperationOutcomeIssue['code'],
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const body = writeOutcome(code, `panne demandée : ${status}`);
  return { status, headers: { ...FHIR, ...headers }, body };
}

function writeOther(type: string): string {
  if (type !== 'Patient') return writeOutcome('informational', 'rien à signaler');
  const patient: Patient = {
    resourceType: 'Patient',
    id: 'patient-1',
    name: [{ family: 'IMAGINAIRE', given: ['Camille'] }],
  };
  return JSON.stringify(patient);
}
