// What one message to an LRM is made of: a vendor's message read as the edge reads it, and what is known besides. People,
// places and numbers are invented; an RPPS number as the LRM's schema takes it begins with 81.
import type { JsonObject } from '../../../shared/fhir/json.ts';
import { SYSTEM } from '../../../shared/sas/canonical.ts';
import { readMessage } from '../../../worker/appointments/model/message.ts';
import type { ReportInput } from '../../../worker/lrm/message/report-input.ts';
import { appointment, type Sample } from './valid/resources.ts';

export const RPPS = '810099900012';
export const ADELI = '0999000128';
export const NOW_MS = Date.parse('2026-03-02T08:00:12.345+01:00');
const CLIENT = 'fr.health.test.ptfsas';

/** A practitioner's appointment, with that practitioner. */
export function appointmentOf(practitioner: string, edits: Readonly<Sample> = {}): Sample {
  const sample = appointment();
  const [participant] = sample.participant as { actor: { identifier: { value: string } } }[];
  if (participant !== undefined) participant.actor.identifier.value = practitioner;
  return { ...sample, ...edits };
}

/** What the edge keeps of that message. @throws Error the edge would refuse it. */
export function reported(sent: Sample): ReportInput['appointment'] {
  const read = readMessage(sent as JsonObject, NOW_MS);
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  const { profile, status, practitioner, content } = read.value;
  const id = 'agenda-a-0123456789abcdef0123';
  return { id, profile, status, practitioner: practitioner ?? null, content, receivedMs: NOW_MS - 3_000 };
}

/** Of an appointment of `RPPS` by default, with all that may be known of it. */
export function reportInput(edits: Partial<ReportInput> = {}): ReportInput {
  return {
    schema: '26.07.29',
    clientId: CLIENT,
    distributionId: `${CLIENT}_6f1c2f0a-3f0e-4a7e-9a55-0d1a2b3c4d5e`,
    recipient: 'fr.health.samu990',
    method: 'CreateAppointment',
    nowMs: NOW_MS,
    expiresMs: NOW_MS + 3_600_000,
    appointment: reported(appointmentOf(RPPS)),
    regulator: {
      identifier: { system: SYSTEM.idnps, value: '3990000011/REG-77' },
      family: 'Quentrec',
      given: 'Anouk',
      email: 'anouk.quentrec@samu.example',
    },
    said: {
      practitioner: {
        name: { lastName: 'Ferrouil', firstName: 'Solène' },
        specialty: { code: 'SM54', url: SYSTEM.specialty },
        structure: { id: '1990000128', name: 'Maison médicale du Lavoir' },
      },
    },
    ...edits,
  };
}
