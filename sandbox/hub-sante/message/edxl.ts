// The messages that cross Hub Santé, as the double reads and writes them: the EDXL-DE envelope, the RC-DE header, an
// acknowledgement (RC-REF), an error (RS-ERROR). Transmission INT_L02 of the guide; the models of Hub Santé. Pure.

import { randomUUID } from 'node:crypto';

const DAY_MS = 86_400_000;
export const HUB_ID = 'fr.health.hub';

export type Kind = 'Report' | 'Update' | 'Cancel' | 'Ack' | 'Error';

/** What `judgeMessage` accepted. */
export interface Envelope {
  readonly distributionID: string;
  readonly senderID: string;
  readonly dateTimeSent: string;
  readonly dateTimeExpires: string;
  readonly distributionStatus: string;
  readonly distributionKind: Kind;
  readonly descriptor: {
    readonly language: string;
    readonly explicitAddress: {
      readonly explicitAddressScheme: string;
      readonly explicitAddressValue: string;
    };
  };
  readonly content: readonly { readonly jsonContent: { readonly embeddedJsonContent: Embedded } }[];
}

interface Embedded {
  readonly message: Message;
}

export interface Message {
  readonly messageId?: string;
  readonly appointment?: Appointment;
  readonly reference?: Reference;
  readonly error?: HubError;
}

export interface Appointment {
  readonly appointmentId: string;
  readonly method: 'CreateAppointment' | 'UpdateAppointment';
  readonly status: string;
  readonly [field: string]: unknown;
}

export interface Reference {
  readonly distributionID: string;
  readonly refused?: boolean;
  readonly step?: string;
}

export interface HubError {
  readonly errorCode: { readonly statusCode: number; readonly statusString: string };
  readonly errorCause: string;
  readonly referencedDistributionID: string;
  /** An object in the schema, a text in the technical dossier, absent where the Hub could not read it. */
  readonly sourceMessage?: unknown;
}

export const messageOf = (envelope: Envelope): Message =>
  envelope.content[0]?.jsonContent.embeddedJsonContent.message ?? {};

export interface Reply {
  readonly from: string;
  readonly to: string;
  readonly nowMs: number;
}

/** Where the guide, the dossier and the examples do not agree, the other readings of the same acknowledgement. */
export interface Oddities {
  /** `Hubex`, as in the guide's table. */
  readonly scheme?: string;
  /** The id of the acknowledged message, as in the guide's table. */
  readonly messageId?: string;
  /** Of a time in UTC: `-00:00` in the header's schema, `Z` in the envelope's. */
  readonly offset?: string;
}

export function writeAck({ from, to, nowMs }: Reply, reference: Reference, odd: Oddities = {}): Envelope {
  const id = newId(from);
  const sentAt = writeTime(nowMs, odd.offset);
  const message = {
    messageId: odd.messageId ?? id,
    sender: { name: from, URI: `hubex:${from}` },
    sentAt,
    status: 'Actual',
    kind: 'Ack',
    recipient: [{ name: to, URI: `hubex:${to}` }],
    reference,
  };
  return wrap(id, 'Ack', { from, to, nowMs }, message, odd);
}

/** Carries no RC-DE header. */
export const writeError = (reply: Reply, error: HubError): Envelope =>
  wrap(newId(reply.from), 'Error', reply, { error });

function wrap(id: string, kind: Kind, reply: Reply, message: Message, odd: Oddities = {}): Envelope {
  const { from, to, nowMs } = reply;
  return {
    distributionID: id,
    senderID: from,
    dateTimeSent: writeTime(nowMs, odd.offset),
    dateTimeExpires: writeTime(nowMs + DAY_MS, odd.offset),
    distributionStatus: 'Actual',
    distributionKind: kind,
    descriptor: {
      language: 'fr-FR',
      explicitAddress: { explicitAddressScheme: odd.scheme ?? 'hubex', explicitAddressValue: to },
    },
    content: [{ jsonContent: { embeddedJsonContent: { message } } }],
  };
}

const newId = (from: string): string => `${from}_${randomUUID()}`;

const writeTime = (ms: number, offset = '+00:00'): string =>
  `${new Date(ms).toISOString().slice(0, 19)}${offset}`;
