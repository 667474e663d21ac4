// The one place that builds an OperationOutcome. R4 OperationOutcome; the guide wants one with every 4xx/5xx.

import type { OperationOutcome, OperationOutcomeIssue } from 'fhir/r4';
import { type GatewayError, REASONS } from '../error.ts';

export interface Issue {
  readonly severity: OperationOutcomeIssue['severity'];
  /** R4 IssueType. */
  readonly code: string;
  /** One French sentence for people. */
  readonly text: string;
  /** Our own code for programs. */
  readonly reason?: string;
  readonly expression?: readonly string[];
  readonly diagnostics?: string;
}

/** System of the codes in `issue.details.coding`: reasons of errors and states of the ledger. docs/errors.md. */
export const REASON_SYSTEM = 'urn:x-passerelle:reason';

/** `id`: the request's, so that callers can quote it. */
export function operationOutcome(id: string, issues: readonly Issue[]): OperationOutcome {
  return { resourceType: 'OperationOutcome', id, issue: issues.map(toIssue) };
}

function toIssue(issue: Issue): OperationOutcomeIssue {
  return {
    severity: issue.severity,
    code: issue.code as OperationOutcomeIssue['code'],
    details: {
      ...(issue.reason === undefined ? {} : { coding: [{ system: REASON_SYSTEM, code: issue.reason }] }),
      text: issue.text,
    },
    ...(issue.diagnostics === undefined ? {} : { diagnostics: issue.diagnostics }),
    ...(issue.expression === undefined || issue.expression.length === 0
      ? {}
      : { expression: [...issue.expression] }),
  };
}

const AT_FAULT = { caller: 'appelant', gateway: 'passerelle', relay: 'relais', vendor: 'éditeur' } as const;

/** An error as the caller reads it: what, where, whose fault, and the id that the log line carries too. */
export function errorOutcome(error: GatewayError, requestId: string): OperationOutcome {
  const { code, fault, status } = REASONS[error.reason];
  const origin = `requestId=${requestId}; origine=${AT_FAULT[fault]}`;
  if (error.issues.length > 0) {
    return operationOutcome(
      requestId,
      error.issues.map(({ reason, text, expression, rule }) => ({
        severity: 'error',
        code: REASONS[reason].code,
        text,
        reason,
        expression: [expression],
        diagnostics: rule === undefined ? origin : `${origin}; rule=${rule}`,
      })),
    );
  }
  return operationOutcome(requestId, [
    {
      severity: status >= 500 ? 'fatal' : 'error',
      code,
      text: error.text,
      reason: error.reason,
      expression: error.expression,
      diagnostics: origin,
    },
  ]);
}
