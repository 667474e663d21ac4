// What the rules of the guide leave open and could carry a patient: narrative, extensions, texts without a code,
// persons without a national identifier. Refused, with a sentence that says so: the vendor must learn of it. What
// the rules themselves refuse (contained, comment, reasons…) is in shared/sas/rules/appointment/privacy.ts.

import { asObject, type JsonObject, objectsOf } from '../../../shared/fhir/json.ts';
import { readReference } from '../../../shared/fhir/reference.ts';
import { EXTENSION, SYSTEM } from '../../../shared/sas/canonical.ts';
import type { AppointmentProfile } from '../../../shared/sas/rules/appointment/participant.ts';
import { ORIENTATION_EXTENSION } from '../../../shared/sas/terms.ts';

/** Rules of this file, with the sentence the vendor reads. */
export const PRIVACY_RULES = {
  'appointment-narrative': 'Le texte narratif (text) est refusé : il peut contenir des données de patient.',
  'appointment-extension':
    'Seules les extensions du profil sont admises : une autre peut contenir des données de patient.',
  'appointment-based-on': 'basedOn est refusé : une prescription ou une demande désigne un patient.',
  'appointment-text':
    'Un texte libre sans code est refusé : il peut contenir des données de patient. Envoyer un code.',
  'appointment-actor-unnamed':
    'Un acteur est désigné par son identifiant national : un nom ou une autre référence peut être ceux d’un patient.',
  'appointment-actor-foreign':
    'L’identifiant d’un acteur est celui d’un professionnel, d’une structure ou d’un lieu, jamais d’un patient.',
} as const;

type PrivacyRule = keyof typeof PRIVACY_RULES;

/** A place in the resource that may name a person. `expression`: FHIRPath. */
export interface PrivacyFinding {
  readonly rule: PrivacyRule;
  readonly expression: string;
}

const FINDINGS_MAX = 100;
/** Refused as a whole by the guide's rules: no need to look inside. */
const CLOSED: ReadonlySet<string> = new Set([
  'meta',
  'text',
  'contained',
  'comment',
  'description',
  'patientInstruction',
  'reasonCode',
  'reasonReference',
  'supportingInformation',
  'basedOn',
]);
const EXTENSIONS: ReadonlySet<unknown> = new Set([EXTENSION.appointmentOperator, ORIENTATION_EXTENSION]);

/** `resource` is any JSON object that nests within the limit of the body reader. */
export function findPersonalData(resource: JsonObject, profile: AppointmentProfile): PrivacyFinding[] {
  const found: PrivacyFinding[] = [];
  if (resource.text !== undefined)
    found.push({ rule: 'appointment-narrative', expression: 'Appointment.text' });
  if (resource.basedOn !== undefined) {
    found.push({ rule: 'appointment-based-on', expression: 'Appointment.basedOn' });
  }
  objectsOf(resource.extension).forEach((extension, index) => {
    if (EXTENSIONS.has(extension.url)) return;
    found.push({ rule: 'appointment-extension', expression: `Appointment.extension[${index}]` });
  });
  for (const [name, value] of Object.entries(resource)) {
    if (CLOSED.has(name)) continue;
    const expression = `Appointment.${name}`;
    if (name.startsWith('_')) found.push({ rule: 'appointment-extension', expression: 'Appointment' });
    else if (name === 'extension') {
      objectsOf(value).forEach((item, index) => {
        visitChildren(item, `${expression}[${index}]`, found);
      });
    } else visit(value, expression, found);
  }
  checkActors(resource, profile, found);
  return found.slice(0, FINDINGS_MAX);
}

function visit(value: unknown, path: string, found: PrivacyFinding[]): void {
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      visit(item, `${path}[${index}]`, found);
    });
    return;
  }
  const object = asObject(value);
  if (object === undefined) return;
  const isSpecialty = path.startsWith('Appointment.specialty[');
  // The FAQ wants a specialty that has no code as text; it is dropped like every label.
  if (object.text !== undefined && objectsOf(object.coding).length === 0 && !isSpecialty) {
    found.push({ rule: 'appointment-text', expression: `${path}.text` });
  }
  visitChildren(object, path, found);
}

const NAME = /^[A-Za-z][A-Za-z0-9]{0,63}$/;

function visitChildren(object: JsonObject, path: string, found: PrivacyFinding[]): void {
  if (found.length >= FINDINGS_MAX) return;
  for (const [name, value] of Object.entries(object)) {
    if (name === 'extension' || name.startsWith('_')) {
      found.push({ rule: 'appointment-extension', expression: path });
      // Names come from outside: one that is no element's is not repeated, and R4's own rule refuses it.
    } else if (NAME.test(name)) visit(value, `${path}.${name}`, found);
  }
}

const KNOWN_TYPES: ReadonlySet<unknown> = new Set([
  'Practitioner',
  'PractitionerRole',
  'Location',
  'HealthcareService',
  'Organization',
  'Device',
]);

/** In any form; one that does not say its type (`urn:uuid:…`) needs it said beside. */
function isKnownActor({ reference, type }: JsonObject): boolean {
  const target = typeof reference === 'string' ? readReference(reference) : undefined;
  return target !== undefined && KNOWN_TYPES.has(target.type ?? type);
}

const TYPES: ReadonlySet<unknown> = new Set(['IDNPS', 'IDNST', 'INTRN']);
const SYSTEMS: ReadonlySet<unknown> = new Set([SYSTEM.idnps, SYSTEM.idnst]);

function checkActors(resource: JsonObject, profile: AppointmentProfile, found: PrivacyFinding[]): void {
  const participants = Array.isArray(resource.participant) ? resource.participant : [];
  participants.forEach((participant: unknown, index) => {
    const actor = asObject(asObject(participant)?.actor);
    if (actor === undefined) return;
    const expression = `Appointment.participant[${index}].actor`;
    const identifier = asObject(actor.identifier);
    if (identifier === undefined) {
      if (!isKnownActor(actor)) found.push({ rule: 'appointment-actor-unnamed', expression });
      return;
    }
    // The individual profile fixes the system; for SOS this is the only gate.
    if (profile !== 'sos' || SYSTEMS.has(identifier.system)) return;
    const codes = objectsOf(asObject(identifier.type)?.coding).map(({ code }) => code);
    if (!codes.some((code) => TYPES.has(code))) {
      found.push({ rule: 'appointment-actor-foreign', expression: `${expression}.identifier` });
    }
  });
}
