// Faults that answer in place of the search, or never answer.

import type { OperationOutcomeIssue, Patient } from 'fhir/r4';
import { FHIR_JSON } from './codes.ts';
import type { Exchange } from './exchange.ts';
import type { TakenFault } from './faults.ts';
import { writeOutcome } from './outcome.ts';

const FHIR = { 'Content-Type': FHIR_JSON };

/** Leaves the exchange alone when the fault is of another stage. */
export async function answerInstead(
  exchange: Exchange,
  fault: TakenFault,
  reset: (exchange: Exchange) => void,
): Promise<void> {
  switch (fault.kind) {
    case 'hang':
      return exchange.waitForever();
    case 'reset-early':
      reset(exchange);
      return exchange.waitForever();
    case 'status-400':
      return refuse(exchange, 400, 'invalid');
    case 'status-401':
      return refuse(exchange, 401, 'login');
    case 'status-404':
      return refuse(exchange, 404, 'not-found');
    case 'status-422':
      return refuse(exchange, 422, 'business-rule');
    case 'status-429':
      return refuse(exchange, 429, 'throttled', { 'Retry-After': String(fault.number('retryAfterS')) });
    case 'status-500':
      return refuse(exchange, 500, 'exception');
    case 'status-503':
      return refuse(exchange, 503, 'transient', { 'Retry-After': String(fault.number('retryAfterS')) });
    case 'html':
      return exchange.send({
        status: 200,
        headers: { 'Content-Type': 'text/html; charset=utf-8' },
        body: '<!doctype html><html lang="fr"><title>Maintenance</title><p>Service en maintenance.</p></html>',
      });
    case 'redirect':
      return exchange.send({ status: 302, headers: { Location: fault.text('location') }, body: '' });
    case 'not-bundle':
      return exchange.send({ status: 200, headers: FHIR, body: writeOther(fault.text('as')) });
    default:
      return undefined;
  }
}

function refuse(
  exchange: Exchange,
  status: number,
  code: OperationOutcomeIssue['code'],
  headers: Readonly<Record<string, string>> = {},
): void {
  exchange.send({
    status,
    headers: { ...FHIR, ...headers },
    body: writeOutcome(code, `panne demandée : ${status}`),
  });
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
