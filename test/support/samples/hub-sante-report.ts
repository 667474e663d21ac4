// A Report of INT_L02, as the guide draws it, of invented people; tests bend it.

import { randomUUID } from 'node:crypto';

export interface ReportOptions {
  readonly from: string;
  readonly to: string;
  readonly appointment?: Readonly<Record<string, unknown>>;
  readonly envelope?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** How long it may wait, milliseconds. */
  readonly livesMs?: number;
}

const HOUR_MS = 3_600_000;
const writeTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}+00:00`;

export function sampleReport({ from, to, livesMs = HOUR_MS, ...over }: ReportOptions) {
  const nowMs = Date.now();
  const distributionID = `${from}_${randomUUID()}`;
  const message = {
    messageId: distributionID,
    sender: { name: from, URI: `hubex:${from}` },
    sentAt: writeTime(nowMs),
    status: 'Actual',
    kind: 'Report',
    recipient: [{ name: to, URI: `hubex:${to}` }],
    appointment: {
      appointmentId: randomUUID(),
      method: 'CreateAppointment',
      created: '2026-06-01T09:00:00+02:00',
      start: '2026-06-01T15:00:00+02:00',
      end: '2026-06-01T15:15:00+02:00',
      status: 'booked',
      orientationCategory: 'PS',
      practitioner: { rppsId: '819990000001', lastName: 'Vergne', firstName: 'Odile' },
      regulator: {
        regulatorName: 'Castaing',
        regulatorFirstname: 'Hugo',
        regulatorEmail: 'h.castaing@example.test',
      },
      ...over.appointment,
    },
    ...over.header,
  };
  return {
    distributionID,
    senderID: from,
    dateTimeSent: writeTime(nowMs),
    dateTimeExpires: writeTime(nowMs + livesMs),
    distributionStatus: 'Actual',
    distributionKind: 'Report',
    descriptor: {
      language: 'fr-FR',
      explicitAddress: { explicitAddressScheme: 'hubex', explicitAddressValue: to },
    },
    content: [{ jsonContent: { embeddedJsonContent: { message } } }],
    ...over.envelope,
  };
}
