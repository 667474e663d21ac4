// Invented appointments as a vendor sends them, valid under the guide's profiles.

import { PROFILE, SYSTEM } from '../../shared/sas/canonical.ts';
import { SYSTEM_A, SYSTEM_B } from './appointment-edge.ts';

const PRACTITIONER = '899900000017';
export const OPERATOR = '3990000011/REG-77';

export interface SampleOptions {
  readonly value: string;
  readonly system?: string;
  readonly status?: string;
  readonly start?: string;
  readonly end?: string;
  readonly practitioner?: string;
  readonly operator?: string;
  /** `meta.lastUpdated`. */
  readonly stamp?: string;
}

export interface Sample {
  readonly [name: string]: unknown;
  readonly identifier: readonly { readonly system: string; readonly value: string }[];
}

export function operatorExtension(value = OPERATOR): object {
  const isTechnical = value.length === 36;
  return {
    url: 'http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator',
    valueReference: {
      identifier: {
        type: { coding: [{ system: SYSTEM.identifierType, code: isTechnical ? 'INTRN' : 'IDNPS' }] },
        system: isTechnical ? SYSTEM.sas : SYSTEM.idnps,
        value,
      },
    },
  };
}

export function individual(options: SampleOptions): Sample {
  const start = options.start ?? '2026-12-02T09:00:00+01:00';
  return {
    resourceType: 'Appointment',
    meta: {
      profile: [PROFILE.appointment],
      ...(options.stamp === undefined ? {} : { lastUpdated: options.stamp }),
    },
    extension: [operatorExtension(options.operator)],
    identifier: [{ system: options.system ?? SYSTEM_A, value: options.value }],
    status: options.status ?? 'booked',
    start,
    end: options.end ?? new Date(Date.parse(start) + 20 * 60_000).toISOString(),
    created: '2026-12-01T08:00:00+01:00',
    participant: [
      {
        actor: {
          identifier: {
            type: { coding: [{ system: SYSTEM.identifierType, code: 'IDNPS' }] },
            system: SYSTEM.idnps,
            value: options.practitioner ?? PRACTITIONER,
          },
        },
        status: 'accepted',
      },
    ],
  };
}

export function sos(options: SampleOptions): Sample {
  const sample = individual({ system: SYSTEM_B, status: 'pending', ...options });
  return {
    ...sample,
    meta: { ...(sample.meta as object), profile: [PROFILE.appointmentSos] },
    participant: [
      {
        type: [
          { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'ADM' }] },
        ],
        status: 'needs-action',
      },
    ],
  };
}
