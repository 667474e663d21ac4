// One message about an appointment, from JSON to what is stored: the profile it means, every rule it breaks, its
// content and the facts that searches need. No I/O; the clock is passed in.

import type { ErrorIssue } from '../../../shared/error.ts';
import { asObject, asText, type JsonObject, objectsOf } from '../../../shared/fhir/json.ts';
import { err, ok, type Result } from '../../../shared/result.ts';
import { EXTENSION, SYSTEM } from '../../../shared/sas/canonical.ts';
import { professionalKind } from '../../../shared/sas/identifier.ts';
import { judgeAppointment } from '../../../shared/sas/rules/appointment/appointment.ts';
import type { AppointmentProfile } from '../../../shared/sas/rules/appointment/participant.ts';
import type { Finding } from '../../../shared/sas/rules/r4/checker.ts';
import { instantMs } from '../../../shared/sas/rules/r4/formats.ts';
import { describeFinding, ruleOf } from '../../../shared/sas/rules/table/table.ts';
import { outOfBounds } from './bounds.ts';
import { hasLabels, keepContent } from './content.ts';
import { type AppointmentStatus, endsAppointment, isAppointmentStatus } from './lattice.ts';
import { namedSlots } from './named.ts';
import { findPersonalData, PRIVACY_RULES } from './privacy.ts';
import { namedProfile, type Repair, type Tolerated, tolerate } from './tolerance.ts';

/** A vendor's clock and ours that differ by less than this agree. */
const VENDOR_CLOCK_SKEW_MS = 5 * 60_000;

/** A system and a value in it. */
export interface NationalId {
  readonly system: string;
  readonly value: string;
}

/** A message that the rules let through. */
export interface AppointmentMessage {
  readonly profile: AppointmentProfile;
  readonly identifier: NationalId;
  readonly status: AppointmentStatus;
  readonly startMs: number;
  readonly endMs: number;
  /** The first practitioner's national id. */
  readonly practitioner: string | undefined;
  /** The regulator who took it. */
  readonly operator: NationalId | undefined;
  /** The vendor's own id of the first slot. */
  readonly slot: string | undefined;
  /** The vendor's `meta.lastUpdated`: when it says that this became so. */
  readonly stampMs: number | undefined;
  /** JSON of the resource without resourceType, id and meta. */
  readonly content: string;
  readonly repairs: readonly Repair[];
  /** Bounds that it is out of: then it may only end an appointment that is as far out already. */
  readonly excess: readonly ErrorIssue[];
  /** Rules broken that do not refuse. */
  readonly warnings: readonly Finding[];
}

/** @returns every rule that refuses it, each with its place, when there is one. */
export function readMessage(
  sent: JsonObject,
  nowMs: number,
): Result<AppointmentMessage, readonly ErrorIssue[]> {
  const { profile, tolerated, findings } = judge(sent);
  const issues = [
    ...findPersonalData(tolerated.resource, profile).map(
      ({ rule, expression }): ErrorIssue => ({
        reason: 'patient-data',
        text: PRIVACY_RULES[rule],
        expression,
        rule,
      }),
    ),
    ...errorsOf(findings).map(toIssue),
    ...damageIn(tolerated.resource),
  ];
  if (issues.length > 0) return err(issues);
  const warnings = findings.filter(({ rule }) => ruleOf(rule).severity === 'warning');
  const message = toMessage(tolerated, profile, nowMs, warnings);
  return message.excess.length > 0 && !endsAppointment(message.status) ? err(message.excess) : ok(message);
}

/** What an encoding has damaged before us names something else, or nothing. */
function damageIn(resource: JsonObject): ErrorIssue[] {
  if (!JSON.stringify(keepContent(resource)).includes('\ufffd')) return [];
  const text = 'Un caractère illisible (U+FFFD) tient la place d’un autre : envoyer la ressource en UTF-8.';
  return [{ reason: 'rule-broken', text, expression: 'Appointment', rule: 'r4-unicode' }];
}

interface Judged {
  readonly profile: AppointmentProfile;
  readonly tolerated: Tolerated;
  readonly findings: readonly Finding[];
}

/** Without a known profile: a practitioner's appointment, unless only the SOS profile fits. */
function judge(sent: JsonObject): Judged {
  const named = namedProfile(sent);
  const judgeAs = (profile: AppointmentProfile): Judged => {
    const tolerated = tolerate(sent, profile);
    return { profile, tolerated, findings: judgeAppointment(tolerated.resource, profile) };
  };
  const first = judgeAs(named ?? 'individual');
  if (named !== undefined || fits(first)) return first;
  const sos = judgeAs('sos');
  return fits(sos) ? sos : first;
}

/** Nobody named as practitioner: the guide's own way to tell an SOS appointment. */
function fits({ profile, findings }: Judged): boolean {
  if (errorsOf(findings).length > 0) return false;
  return profile === 'sos' || findings.every(({ rule }) => rule !== 'appointment-practitioner');
}

function errorsOf(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ rule }) => ruleOf(rule).severity === 'error');
}

const PATIENT_RULES: ReadonlySet<string> = new Set([
  'appointment-patient',
  'appointment-contained',
  'appointment-free-text',
]);

function toIssue(finding: Finding): ErrorIssue {
  const { rule, expression } = finding;
  const text = describeFinding(finding);
  return PATIENT_RULES.has(rule)
    ? { reason: 'patient-data', text: `${text} Aucune donnée de patient n'est admise.`, expression, rule }
    : { reason: 'rule-broken', text, expression, rule };
}

function toMessage(
  { resource, repairs: tolerances }: Tolerated,
  profile: AppointmentProfile,
  nowMs: number,
  warnings: readonly Finding[],
): AppointmentMessage {
  const repairs = new Set<Repair>(tolerances);
  if (hasLabels(resource)) repairs.add('display-dropped');
  const status = asText(resource.status) ?? '';
  if (!isAppointmentStatus(status)) throw new TypeError('the rules let an unknown status through');
  const identifier = nationalId(objectsOf(resource.identifier)[0]);
  if (identifier === undefined)
    throw new TypeError('the rules let an appointment without identifier through');
  const kept = {
    startMs: instantMs(String(resource.start)),
    endMs: instantMs(String(resource.end)),
    content: JSON.stringify(keepContent(resource)),
  };
  return {
    ...kept,
    excess: outOfBounds(kept, nowMs),
    profile,
    identifier,
    status,
    practitioner: practitionerOf(resource),
    operator: operatorOf(resource),
    slot: namedSlots(resource.slot)?.[0],
    stampMs: stampOf(resource, nowMs, repairs),
    repairs: [...repairs],
    warnings,
  };
}

function nationalId(identifier: JsonObject | undefined): NationalId | undefined {
  // Whole, never cut or cleaned: two identifiers that differ anywhere are two.
  const { system, value } = identifier ?? {};
  return typeof system === 'string' && typeof value === 'string' ? { system, value } : undefined;
}

function practitionerOf(resource: JsonObject): string | undefined {
  for (const { actor } of objectsOf(resource.participant)) {
    const id = nationalId(asObject(asObject(actor)?.identifier));
    if (id?.system === SYSTEM.idnps && professionalKind(id.value) !== undefined) return id.value;
  }
  return undefined;
}

function operatorOf(resource: JsonObject): NationalId | undefined {
  const extension = objectsOf(resource.extension).find(({ url }) => url === EXTENSION.appointmentOperator);
  return nationalId(asObject(asObject(extension?.valueReference)?.identifier));
}

/** A vendor whose clock runs ahead would hold its first word for ever: such a time says nothing. */
function stampOf(resource: JsonObject, nowMs: number, repairs: Set<Repair>): number | undefined {
  const text = asText(asObject(resource.meta)?.lastUpdated);
  const ms = text === undefined ? Number.NaN : instantMs(text);
  if (Number.isNaN(ms)) return undefined;
  if (ms <= nowMs + VENDOR_CLOCK_SKEW_MS) return ms;
  repairs.add('time-in-future');
  return undefined;
}
