// The object `appointment` of a message (RS-SAS-RDV): what the version says, and what is known besides of the practitioner,
// the structure and the regulator. Each element is copied by name. docs/guide.md G-994, G-996; docs/lrm.md. No I/O, no
// clock.

import { asObject, asText, type JsonObject, objectsOf } from '../../../shared/fhir/json.ts';
import { err, ok, type Result } from '../../../shared/result.ts';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import { isUuid } from '../../../shared/sas/regulator.ts';
import { ORIENTATION_EXTENSION, ORIENTATION_SYSTEM } from '../../../shared/sas/terms.ts';
import { parisOffsetMinutes } from '../../../shared/time.ts';
import type { SaidSpecialty } from '../people/said.ts';
import { rewriteInstant, writeInstant } from './instant.ts';
import type { HoldReason, ReportedRegulator, ReportInput } from './report-input.ts';
import type { LrmAppointment } from './schema.ts';

/** An RPPS number with its prefix, as the LRM takes it: no ADELI. */
const RPPS = /^81[0-9]{10}$/;

/**
 * FHIR's words that the LRM does not have. The guide has none of them (rule `appointment-status-sas`, a warning), so each is
 * told as the nearest that says no more.
 */
const STATUS: Readonly<Record<string, string>> = {
  proposed: 'pending',
  waitlist: 'pending',
  arrived: 'booked',
  'checked-in': 'booked',
  'entered-in-error': 'cancelled',
};

/** By code of the orientation extension: of the SAS list, and of TRE_R66. */
const SAS_CATEGORY: Readonly<Record<string, Category>> = { '001': 'PS', '002': 'PDM', '003': 'SOS' };
const ESTABLISHMENT_CATEGORY: Readonly<Record<string, Category>> = {
  '604': 'CPTS',
  '603': 'MSP',
  '124': 'CDS',
};

type Category = NonNullable<LrmAppointment['orientationCategory']>;

/** Unjudged: report.ts holds it against the schema. */
export function toldAppointment(input: ReportInput): Result<LrmAppointment, readonly HoldReason[]> {
  const { appointment, method, schema, regulator } = input;
  const content = JSON.parse(appointment.content) as JsonObject;
  const practitioner = practitionerOf(input, content);
  const organization = organizationOf(input);
  const reasons: HoldReason[] = [];
  // Who can never be told is not waited for, nor is an SOS appointment's practitioner, who comes later: the LRM takes it so.
  const isTellable = appointment.profile === 'individual' && RPPS.test(appointment.practitioner ?? '');
  if (isTellable && practitioner === undefined && organization === undefined) reasons.push('nobody-told');
  const hasRegulator = schema !== '25.11.26';
  if (hasRegulator && regulator === undefined) reasons.push('regulator-unknown');
  if (reasons.length > 0) return err(reasons);
  const end = rewriteInstant(content.end);
  const told = {
    appointmentId: appointment.id,
    method,
    created: rewriteInstant(content.created) ?? inParis(appointment.receivedMs),
    start: rewriteInstant(content.start) ?? '',
    ...(end !== undefined && { end }),
    status: STATUS[appointment.status] ?? appointment.status,
    orientationCategory: categoryOf(input, content),
    ...(practitioner && { practitioner }),
    ...(organization && { organization }),
    ...(hasRegulator && regulator && { regulator: regulatorOf(regulator) }),
  };
  return ok(told as LrmAppointment);
}

function inParis(ms: number): string {
  return writeInstant(ms, parisOffsetMinutes(ms));
}

/** Undefined without a name, and of an ADELI number: the LRM takes none. */
function practitionerOf({ appointment, said }: ReportInput, content: JsonObject) {
  const { practitioner: rppsId } = appointment;
  const name = said.practitioner?.name;
  if (rppsId === null || !RPPS.test(rppsId) || name === undefined) return undefined;
  const specialty = specialtyOf(content) ?? said.practitioner?.specialty;
  return {
    rppsId,
    lastName: name.lastName,
    firstName: name.firstName,
    ...(specialty && { specialityCode: specialty.code, specialityUrl: specialty.url }),
  };
}

/** The appointment's own: the first code of TRE_R38. */
function specialtyOf(content: JsonObject): SaidSpecialty | undefined {
  const coding = objectsOf(content.specialty)
    .flatMap((concept) => objectsOf(concept.coding))
    .find(({ system }) => system === SYSTEM.specialty);
  const code = asText(coding?.code);
  return code === undefined ? undefined : { code, url: SYSTEM.specialty };
}

/** An SOS appointment's association, the only one who has any; else where the practitioner works. */
function organizationOf({ said: { association, practitioner } }: ReportInput) {
  const structure = association?.structure ?? practitioner?.structure;
  return structure && { organizationId: structure.id, name: structure.name };
}

/** The vendor's own word for it, else what the flow says. */
function categoryOf({ appointment, said }: ReportInput, content: JsonObject): Category {
  if (appointment.profile === 'sos') return 'SOS';
  const extension = objectsOf(content.extension).find(({ url }) => url === ORIENTATION_EXTENSION);
  for (const { system, code } of objectsOf(asObject(extension?.valueCodeableConcept)?.coding)) {
    const categories =
      system === ORIENTATION_SYSTEM
        ? SAS_CATEGORY
        : system === SYSTEM.establishment
          ? ESTABLISHMENT_CATEGORY
          : {};
    const category = categories[String(code)];
    if (category !== undefined) return category;
  }
  return said.practitioner?.isCpts === true ? 'CPTS' : 'PS';
}

/** The national identifier alone: SAS's own, or a UUID that somebody took for a national one, stays behind. */
function regulatorOf({ identifier, family, given, email }: ReportedRegulator) {
  const isNational = identifier.system === SYSTEM.idnps && !isUuid(identifier.value);
  return {
    ...(isNational && { regulatorId: identifier.value }),
    regulatorName: family,
    regulatorFirstname: given,
    regulatorEmail: email,
  };
}
