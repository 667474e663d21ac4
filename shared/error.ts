// What can go wrong with a request, once and for all: one closed list of reasons, one table that says what
// each becomes for the caller (HTTP status, FHIR issue code), whether a retry may help, whose fault it is and
// how loudly it is logged. A reason without a row does not compile.

export type Fault = 'caller' | 'gateway' | 'relay' | 'vendor';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

interface ReasonRow {
  readonly status: number;
  /** FHIR R4 IssueType. */
  readonly code: string;
  readonly retryable: boolean;
  readonly fault: Fault;
  readonly level: LogLevel;
}

const row = (
  status: number,
  code: string,
  fault: Fault,
  level: LogLevel = 'info',
  retryable = false,
): ReasonRow => ({ status, code, retryable, fault, level });

export const REASONS = {
  'parameter-missing': row(400, 'required', 'caller'),
  'parameter-invalid': row(400, 'value', 'caller'),
  'parameter-unknown': row(400, 'not-supported', 'caller'),
  'parameter-repeated': row(400, 'invalid', 'caller'),
  'too-many-subjects': row(400, 'too-costly', 'caller'),
  'window-invalid': row(400, 'value', 'caller'),
  'query-malformed': row(400, 'structure', 'caller'),
  'body-malformed': row(400, 'structure', 'caller'),
  'token-missing': row(401, 'login', 'caller'),
  'token-invalid': row(401, 'login', 'caller'),
  'token-expired': row(401, 'expired', 'caller'),
  /** Name and secret of a user of the SAS front. */
  'credentials-invalid': row(401, 'login', 'caller'),
  'scope-missing': row(403, 'forbidden', 'caller'),
  /** A page of the console that needs a session, asked without one. */
  'session-missing': row(403, 'login', 'caller'),
  /** A form of the console that another site sent, or that is not of this session. */
  'form-refused': row(403, 'forbidden', 'caller', 'warn'),
  /** The relay did not announce that vendor for that flow. */
  'editor-not-announced': row(403, 'forbidden', 'relay', 'warn'),
  /** A relay that may not carry messages to Hub Santé, or is another client there. */
  'carrier-refused': row(403, 'forbidden', 'relay', 'warn'),
  /** At a relay's mTLS port: absent, unknown, revoked; which one only the log says. */
  'certificate-refused': row(403, 'forbidden', 'caller', 'warn'),
  /** What is asked for belongs to another vendor. */
  'not-owner': row(403, 'forbidden', 'caller', 'warn'),
  'not-found': row(404, 'not-found', 'caller'),
  'method-not-allowed': row(405, 'not-supported', 'caller'),
  'format-not-supported': row(406, 'not-supported', 'caller'),
  /** The request's body did not come in time. */
  'body-late': row(408, 'timeout', 'caller', 'info', true),
  /** What an operator decides about is not as he saw it. */
  'state-conflict': row(409, 'conflict', 'caller'),
  /** An operator has erased it: it is not taken again. */
  erased: row(410, 'deleted', 'caller'),
  /** The request's host name is none of ours: docs/front.md § 2. */
  'host-unknown': row(421, 'not-found', 'caller'),
  'version-conflict': row(412, 'conflict', 'caller'),
  'body-too-large': row(413, 'too-long', 'caller'),
  'uri-too-long': row(414, 'too-long', 'caller'),
  'media-type-not-supported': row(415, 'not-supported', 'caller'),
  'rule-broken': row(422, 'invariant', 'caller'),
  'patient-data': row(422, 'business-rule', 'caller', 'warn'),
  duplicate: row(422, 'duplicate', 'caller'),
  'identifier-mismatch': row(422, 'value', 'caller'),
  'too-many-versions': row(422, 'too-costly', 'caller', 'warn'),
  'upgrade-required': row(426, 'not-supported', 'caller'),
  'too-many-requests': row(429, 'throttled', 'caller', 'warn', true),
  /** What one vendor may store: it alone hears this, and what it has stored it may still change and end. */
  'quota-exceeded': row(429, 'throttled', 'caller', 'warn', true),
  internal: row(500, 'exception', 'gateway', 'error'),
  misconfigured: row(503, 'exception', 'gateway', 'error', true),
  /** The token issuer's keys are not known, or not all: no word about the token. */
  'issuer-unavailable': row(503, 'transient', 'gateway', 'error', true),
  'storage-unavailable': row(503, 'no-store', 'gateway', 'error', true),
  /** Acknowledged writes may be missing: docs/storage.md "Loss". */
  'storage-lost': row(503, 'incomplete', 'gateway', 'error', true),
  'storage-full': row(503, 'no-store', 'gateway', 'error', true),
  'storage-read-only': row(503, 'no-store', 'gateway', 'error', true),
  'storage-damaged': row(503, 'no-store', 'gateway', 'error', true),
  /** The relay has no answer of the edge that it can pass on. */
  'edge-unavailable': row(503, 'transient', 'gateway', 'warn', true),
  /** The object that holds relays and searches ended, or could not be reached. */
  'hub-lost': row(503, 'transient', 'gateway', 'warn', true),
  'hub-overloaded': row(503, 'throttled', 'gateway', 'error', true),
  'relay-absent': row(503, 'transient', 'relay', 'warn', true),
  'relay-lost': row(503, 'transient', 'relay', 'warn', true),
} as const satisfies Record<string, ReasonRow>;

export type Reason = keyof typeof REASONS;

/** One of several things wrong with one request. */
export interface ErrorIssue {
  readonly reason: Reason;
  /** One French sentence for people. */
  readonly text: string;
  readonly expression: string;
  /** Id of the rule that is broken: docs/rules.md, docs/appointments.md § 2. None for a search parameter. */
  readonly rule?: string;
}

export interface GatewayErrorFields {
  readonly reason: Reason;
  /** One sentence for people, in French, without anything the caller did not send. */
  readonly text: string;
  /** FHIRPath, or `http.<parameter>` for a search parameter. */
  readonly expression?: readonly string[];
  /** When several things are wrong, each of them; `text` then is not shown. */
  readonly issues?: readonly ErrorIssue[];
  /** For the log only. Never a person's data, never a vendor's text. */
  readonly detail?: string;
  readonly cause?: unknown;
  /** Extra response headers, e.g. `Allow` for a 405. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The only error handlers throw on purpose; whatever else reaches the top is a 500 without detail. */
export class GatewayError extends Error {
  readonly reason: Reason;
  readonly text: string;
  readonly expression: readonly string[];
  readonly issues: readonly ErrorIssue[];
  readonly detail: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(fields: GatewayErrorFields) {
    super(fields.reason, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = 'GatewayError';
    this.reason = fields.reason;
    this.text = fields.text;
    this.expression = fields.expression ?? [];
    this.issues = fields.issues ?? [];
    this.detail = fields.detail;
    this.headers = fields.headers ?? {};
  }
}
