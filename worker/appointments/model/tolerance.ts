// What vendors write otherwise than the guide and mean the same: put right before the rules are judged, so that
// expressions still point into what was sent. docs/guide.md G-106, G-109, G-505, G-506.
// Reads any JSON; never throws. No I/O.

import { asList, asObject, type JsonObject } from '../../../shared/fhir/json.ts';
import { canonicalName, EXTENSION, PROFILE, SYSTEM } from '../../../shared/sas/canonical.ts';
import { normaliseProfessional } from '../../../shared/sas/identifier.ts';
import type { AppointmentProfile } from '../../../shared/sas/rules/appointment/participant.ts';
import { instantMs } from '../../../shared/sas/rules/r4/formats.ts';
import { formatInstant, parseInstant } from '../../../shared/time.ts';
import { withoutContainedSlots } from './named.ts';

/** What was put right in a vendor's message. */
export type Repair =
  | 'profile-canonical'
  | 'status-spelling'
  | 'identifier-blanks'
  | 'identifier-prefix'
  | 'type-system'
  | 'slot-contained'
  | 'end-from-duration'
  | 'display-dropped'
  | 'time-in-future';

const PROFILES: Readonly<Record<string, AppointmentProfile>> = {
  [canonicalName(PROFILE.appointment)]: 'individual',
  [canonicalName(PROFILE.appointmentSos)]: 'sos',
};

/** The URL of the profile. */
export function canonicalOf(profile: AppointmentProfile): string {
  return profile === 'sos' ? PROFILE.appointmentSos : PROFILE.appointment;
}

/** The profile that `meta.profile` names, whatever its base and version; undefined when it names none of ours. */
export function namedProfile(resource: JsonObject): AppointmentProfile | undefined {
  for (const item of asList(asObject(resource.meta)?.profile)) {
    const name = typeof item === 'string' ? canonicalName(item.trim().split('|')[0] ?? '') : '';
    const profile = Object.hasOwn(PROFILES, name) ? PROFILES[name] : undefined;
    if (profile !== undefined) return profile;
  }
  return undefined;
}

/** A resource, and what was put right in it. */
export interface Tolerated {
  readonly resource: JsonObject;
  readonly repairs: ReadonlySet<Repair>;
}

/** The same resource, as that profile spells it. Broken parts stay as they are, for the rules to name. */
export function tolerate(sent: JsonObject, profile: AppointmentProfile): Tolerated {
  const repairs = new Set<Repair>();
  const lifted = withoutContainedSlots(sent);
  if (lifted !== undefined) repairs.add('slot-contained');
  const given = lifted ?? sent;
  const resource = {
    ...given,
    ...endOf(given, repairs),
    ...(isReplaceable(sent.meta) ? { meta: repairMeta(sent.meta, profile, repairs) } : {}),
    ...mapped(sent, 'status', (value) => repairStatus(value, repairs)),
    ...mapped(sent, 'identifier', (value) => mapList(value, (item) => trimIdentifier(item, repairs))),
    ...mapped(sent, 'extension', (value) => mapList(value, (item) => repairOperator(item, repairs))),
    ...mapped(given, 'participant', (value) => mapList(value, (item) => repairParticipant(item, repairs))),
  };
  return { resource, repairs };
}

function mapped(owner: JsonObject, name: string, change: (value: unknown) => unknown): JsonObject {
  return owner[name] === undefined ? {} : { [name]: change(owner[name]) };
}

function mapList(value: unknown, change: (item: JsonObject) => unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((item: unknown) => {
    const object = asObject(item);
    return object === undefined ? item : change(object);
  });
}

function isReplaceable(meta: unknown): meta is JsonObject | undefined {
  if (meta === undefined) return true;
  const profile = asObject(meta)?.profile;
  return (
    asObject(meta) !== undefined &&
    (profile === undefined || (Array.isArray(profile) && profile.every((item) => typeof item === 'string')))
  );
}

function repairMeta(
  meta: JsonObject | undefined,
  profile: AppointmentProfile,
  repairs: Set<Repair>,
): JsonObject {
  const canonical = canonicalOf(profile);
  const sent = asList(meta?.profile);
  if (sent.length !== 1 || sent[0] !== canonical) repairs.add('profile-canonical');
  return { ...meta, profile: [canonical] };
}

/** Lower case, and R4's own `no-show`; blanks around are meant by nobody. */
function repairStatus(value: unknown, repairs: Set<Repair>): unknown {
  if (typeof value !== 'string') return value;
  const lower = value.trim().toLowerCase();
  const status = lower === 'no-show' ? 'noshow' : lower;
  if (status !== value) repairs.add('status-spelling');
  return status;
}

function trimIdentifier(identifier: JsonObject, repairs: Set<Repair>): JsonObject {
  const trim = (value: unknown): unknown => {
    if (typeof value !== 'string' || value === value.trim()) return value;
    repairs.add('identifier-blanks');
    return value.trim();
  };
  return {
    ...identifier,
    ...mapped(identifier, 'system', trim),
    ...mapped(identifier, 'value', trim),
  };
}

function repairOperator(extension: JsonObject, repairs: Set<Repair>): JsonObject {
  if (extension.url !== EXTENSION.appointmentOperator) return extension;
  return { ...extension, ...mapped(extension, 'valueReference', (value) => repairReference(value, repairs)) };
}

function repairParticipant(participant: JsonObject, repairs: Set<Repair>): JsonObject {
  return {
    ...participant,
    ...mapped(participant, 'status', (value) => repairStatus(value, repairs)),
    ...mapped(participant, 'actor', (value) => repairReference(value, repairs)),
  };
}

/** The type of a reference's identifier, under the coding system of the guide. */
function repairReference(value: unknown, repairs: Set<Repair>): unknown {
  const reference = asObject(value);
  const identifier = asObject(reference?.identifier);
  const type = asObject(identifier?.type);
  if (type === undefined) return value;
  const coding = mapList(type.coding, (item) => {
    if (typeof item.system !== 'string' || !TYPE_SYSTEMS.has(item.system)) return item;
    repairs.add('type-system');
    return { ...item, system: SYSTEM.identifierType };
  });
  const trimmed = trimIdentifier({ ...identifier, type: { ...type, coding } }, repairs);
  return { ...reference, identifier: prefixed(trimmed, repairs) };
}

/** An RPPS or ADELI number without the digit that says which it is (docs/guide.md G-602). */
function prefixed(identifier: JsonObject, repairs: Set<Repair>): JsonObject {
  const { system, value } = identifier;
  if (system !== SYSTEM.idnps || typeof value !== 'string' || !BARE_NUMBER.test(value)) return identifier;
  repairs.add('identifier-prefix');
  return { ...identifier, value: normaliseProfessional(value) ?? value };
}

const BARE_NUMBER = /^(?:\d{11}|[0-9AB]{9})$/;

/** The longest that a duration may say, minutes. */
const DURATION_MAX = 24 * 60;

/** R4 wants both ends; a duration says as much. */
function endOf(sent: JsonObject, repairs: Set<Repair>): JsonObject {
  const { start, end, minutesDuration: minutes } = sent;
  if (end !== undefined || typeof start !== 'string' || typeof minutes !== 'number') return {};
  const instant = Number.isNaN(instantMs(start)) ? undefined : parseInstant(start);
  if (instant === undefined || !Number.isInteger(minutes) || minutes < 1 || minutes > DURATION_MAX) return {};
  repairs.add('end-from-duration');
  return { end: formatInstant(instant.ms + minutes * 60_000, instant.offsetMinutes) };
}

/** Other systems that name the same identifier types. */
const TYPE_SYSTEMS: ReadonlySet<string> = new Set([
  'http://interopsante.org/CodeSystem/v2-0203',
  SYSTEM.identifierTypeHl7Fr,
  SYSTEM.locationIdentifierType,
  'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-location-identifier-type',
]);
