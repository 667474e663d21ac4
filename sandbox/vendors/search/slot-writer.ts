// Writes the Bundle entry of a slot as JSON text. By far the most numerous, so it is joined from fragments written
// once per combination instead of built as an object each time: a search of 500 slots (0.6 MB) takes 4 ms of CPU,
// TLS included, where objects took 9, and nothing has to be kept.
// Every varying part is of a safe alphabet (ids, dates, codes, addresses) or goes through JSON.stringify.

import type { CodeableConcept, Coding } from 'fhir/r4';
import type { AgendaSlot, SlotKind } from '../world/agenda.ts';
import type { KnownCommunity, KnownPoint, KnownPractitioner } from '../world/directory.ts';
import type { ZoneClock } from '../world/zones.ts';
import type { SearchMode } from './bundle.ts';
import * as codes from './codes.ts';

interface SlotParts {
  readonly profile: string;
  readonly kinds: readonly SlotKind[];
  readonly serviceType: string;
  /** With its name and comma; empty when the flow has none. */
  readonly specialty: string;
  readonly page: string;
  readonly mode: SearchMode;
}

export class SlotWriter {
  readonly #base: string;
  readonly #agendaUrl: string;
  readonly #clock: ZoneClock;
  readonly #fragments = new Map<string, string>();
  readonly #specialties = new WeakMap<KnownPractitioner, string>();

  constructor(base: string, agendaUrl: string, clock: ZoneClock) {
    this.#base = base;
    this.#agendaUrl = agendaUrl;
    this.#clock = clock;
  }

  /** A slot of INT_R01, or of INT_R04 when communities are asked for and the slot is theirs too. */
  individual(slot: AgendaSlot, owner: KnownPractitioner, withCommunities: boolean): string {
    const shared = withCommunities && slot.kinds.includes('CPTS');
    return this.#write(slot, {
      profile: shared ? codes.PROFILES.cptsSlot : codes.PROFILES.slot,
      kinds: shared ? slot.kinds : slot.kinds.filter((kind) => kind !== 'CPTS'),
      serviceType: this.#serviceType(slot, shared ? owner.communities : []),
      specialty: this.#specialty(owner),
      page: `praticien/${owner.id}?lieu=${slot.diary.key}`,
      mode: 'match',
    });
  }

  sos(slot: AgendaSlot, point: KnownPoint): string {
    return this.#write(slot, {
      profile: codes.PROFILES.sosSlot,
      kinds: slot.kinds.filter((kind) => kind === 'PUBLIC' || kind === 'SNP'),
      serviceType: this.#serviceType({ ...slot, reason: undefined }, []),
      specialty: '',
      page: `pfg/${point.locationId}?creneau=${slot.id}`,
      mode: 'include',
    });
  }

  #write(slot: AgendaSlot, parts: SlotParts): string {
    const { zone } = slot.diary.place.town;
    const comment = slot.bookable ? `,"comment":"${this.#agendaUrl}/${parts.page}"` : '';
    return (
      `{"fullUrl":"${this.#base}/Slot/${slot.id}","resource":{"resourceType":"Slot","id":"${slot.id}",` +
      `"meta":{"profile":["${parts.profile}"],"security":${this.#security(parts.kinds)}},` +
      `"serviceType":${parts.serviceType}${parts.specialty},"appointmentType":${this.#appointmentType(slot)},` +
      `"schedule":{"reference":"Schedule/${slot.diary.scheduleId}"},"status":"${slot.state}",` +
      `"start":"${this.#clock.format(zone, slot.startMs)}","end":"${this.#clock.format(zone, slot.endMs)}"` +
      `${comment}},"search":{"mode":"${parts.mode}"}}`
    );
  }

  #security(kinds: readonly SlotKind[]): string {
    return this.#fragment(`security ${kinds.join(' ')}`, () =>
      kinds.map((code): Coding => ({ system: codes.SLOT_KIND_SYSTEM, code })),
    );
  }

  #appointmentType({ walkIn }: AgendaSlot): string {
    const code = walkIn ? 'WALKIN' : 'ROUTINE';
    return this.#fragment(
      code,
      (): CodeableConcept => ({ coding: [{ system: codes.APPOINTMENT_TYPE_SYSTEM, code }] }),
    );
  }

  #serviceType(slot: AgendaSlot, communities: readonly KnownCommunity[]): string {
    const services = communities.map(({ serviceId }) => serviceId);
    return this.#fragment(
      `service ${slot.consultations.join(' ')}/${services.join(' ')}/${slot.reason}`,
      (): CodeableConcept[] => [
        ...slot.consultations.map((code) => ({ coding: [{ system: codes.CONSULTATION_SYSTEM, code }] })),
        ...services.map(referToService),
        ...(slot.reason === undefined ? [] : [{ text: slot.reason }]),
      ],
    );
  }

  #specialty(owner: KnownPractitioner): string {
    const known = this.#specialties.get(owner);
    if (known !== undefined) return known;
    const concepts = owner.person.specialties.map(
      ({ code, text }): CodeableConcept =>
        code === undefined
          ? { text: text ?? 'Médecine générale' }
          : { coding: [{ system: codes.SPECIALTY_SYSTEM, code }] },
    );
    const written = `,"specialty":${JSON.stringify(concepts)}`;
    this.#specialties.set(owner, written);
    return written;
  }

  /** The combinations are few: a handful of kinds, consultations and reasons, and the vendor's communities. */
  #fragment(key: string, make: () => unknown): string {
    const known = this.#fragments.get(key);
    if (known !== undefined) return known;
    const written = JSON.stringify(make());
    this.#fragments.set(key, written);
    return written;
  }
}

function referToService(serviceId: string): CodeableConcept {
  return {
    extension: [
      { url: codes.SERVICE_TYPE_EXTENSION, valueReference: { reference: `HealthcareService/${serviceId}` } },
    ],
    coding: [{ system: codes.STRUCTURE_CATEGORY_SYSTEM, code: codes.CPTS_CATEGORY }],
  };
}
