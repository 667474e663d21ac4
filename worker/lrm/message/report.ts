// A version of an appointment as the message that tells an LRM of it: envelope, header, and the whole object, each element
// made by name, so that nothing else of the appointment leaves. The outbox calls it, once for each attempt. No I/O, no
// clock.

import * as v from 'valibot';
import { err, ok, type Result } from '../../../shared/result.ts';
import { parisOffsetMinutes } from '../../../shared/time.ts';
import { toldAppointment } from './appointment.ts';
import { writeInstant } from './instant.ts';
import type { HoldReason, ReportInput } from './report-input.ts';
import { type LrmReport, REPORT } from './schema.ts';

/** The Hub ends what would live longer: general time to live of its queues. */
const EXPIRES_MS_MAX = 24 * 3_600_000;

/** A message that is ready to leave. */
export interface BuiltReport {
  /** JSON text, published byte for byte. */
  readonly body: string;
  /** When it ends, as it says itself: whole seconds, milliseconds since 1970. */
  readonly expiresMs: number;
}

/** Every reason that holds it back, when there is one. @throws TypeError `distributionId` is not the sender's. */
export function buildReport(input: ReportInput): Result<BuiltReport, readonly HoldReason[]> {
  const { schema, clientId, distributionId, recipient, nowMs } = input;
  if (!distributionId.startsWith(`${clientId}_`)) throw new TypeError('a distributionID of another sender');
  const appointment = toldAppointment(input);
  const reasons: HoldReason[] = appointment.ok ? [] : [...appointment.error];
  if (recipient === undefined) reasons.push('recipient-unknown');
  if (!appointment.ok || recipient === undefined) return err(reasons);
  const sent = writeInstant(nowMs, parisOffsetMinutes(nowMs));
  const expiresMs = Math.floor(Math.min(input.expiresMs, nowMs + EXPIRES_MS_MAX) / 1000) * 1000;
  const message = {
    messageId: distributionId,
    sender: systemOf(clientId),
    sentAt: sent,
    status: 'Actual' as const,
    kind: 'Report' as const,
    recipient: [systemOf(recipient)],
    appointment: appointment.value,
  };
  const report: LrmReport = {
    distributionID: distributionId,
    senderID: clientId,
    dateTimeSent: sent,
    dateTimeExpires: writeInstant(expiresMs, parisOffsetMinutes(expiresMs)),
    distributionStatus: 'Actual',
    distributionKind: 'Report',
    descriptor: {
      language: 'fr-FR',
      explicitAddress: { explicitAddressScheme: 'hubex', explicitAddressValue: recipient },
    },
    content: [{ jsonContent: { embeddedJsonContent: { message } } }],
  };
  if (!v.is(REPORT[schema], report)) return err(['message-not-valid']);
  return ok({ body: JSON.stringify(report), expiresMs });
}

function systemOf(clientId: string): { readonly name: string; readonly URI: string } {
  return { name: clientId, URI: `hubex:${clientId}` };
}
