// What an appointment must not carry: a patient, a relative, another resource inside, free text. The flow needs
// none of it, so it is refused rather than stripped: the vendor learns of it. docs/guide.md G-508.
import { type Checker, isObject, type Json } from '../r4/checker.ts';

const FREE_TEXT: readonly string[] = [
  'comment',
  'description',
  'patientInstruction',
  'reasonCode',
  'reasonReference',
  'supportingInformation',
];

/** Reports into `c`. */
export function checkPrivacy(c: Checker, appointment: Json): void {
  if (appointment.contained !== undefined) c.fail('appointment-contained', 'contained');
  for (const element of FREE_TEXT) {
    if (appointment[element] !== undefined || appointment[`_${element}`] !== undefined) {
      c.fail('appointment-free-text', element);
    }
  }
  refusePersons(c, appointment);
}

const PERSON = /(?:^|\/)(?:Patient|RelatedPerson|Person)(?:\/|$)/;
/** The national health identifier of a patient, real or for tests, has a branch of its own. */
const HEALTH_IDENTIFIER = /^urn:oid:1\.2\.250\.1\.213\.1\.4\.\d+$/;

/** Any reference, anywhere in the resource: extensions and assigners can hold one too. */
function refusePersons(c: Checker, value: Json | readonly unknown[]): void {
  if (c.full || c.tooDeep) return;
  if (isObject(value)) {
    if (matches(PERSON, value.reference) || matches(PERSON, value.type)) c.fail('appointment-patient');
    else if (matches(HEALTH_IDENTIFIER, value.system)) c.fail('appointment-patient', 'system');
  }
  for (const [key, item] of Object.entries(value)) {
    if (typeof item !== 'object' || item === null) continue;
    c.enter(Array.isArray(value) ? Number(key) : key);
    refusePersons(c, item as Json);
    c.leave();
  }
}

function matches(pattern: RegExp, value: unknown): boolean {
  return typeof value === 'string' && pattern.test(value);
}
