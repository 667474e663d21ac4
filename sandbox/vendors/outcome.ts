// A request refused, as the guide wants failures told: an HTTP status and an OperationOutcome.

import type { OperationOutcome, OperationOutcomeIssue } from 'fhir/r4';

export class Refusal extends Error {
  readonly status: number;
  readonly code: OperationOutcomeIssue['code'];

  constructor(status: number, code: OperationOutcomeIssue['code'], diagnostics: string) {
    super(diagnostics);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
  }
}

export function writeOutcome(code: OperationOutcomeIssue['code'], diagnostics: string): string {
  const outcome: OperationOutcome = {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', code, diagnostics }],
  };
  return JSON.stringify(outcome);
}
