// What a message to an LRM may hold, for each version of the Hub's schemas that is known: EDXL-DE envelope, RC-DE header,
// `appointment` (RS-SAS-RDV). Narrower than what is published: a message that passes here passes at the Hub, and its header
// has no room for anything of a patient, which the published one has. Tests make JSON Schemas of it. docs/guide.md G-992,
// G-993, G-995, G-996, G-998.

import * as v from 'valibot';

/** `25.11.26` refuses a message that names the regulator, `26.07.29` one that does not. */
export type LrmSchema = keyof typeof APPOINTMENT;

const text = v.pipe(v.string(), v.nonEmpty());
/** `YYYY-MM-DDThh:mm:ss±hh:mm`: no decimals, no `Z`. */
const instant = v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[-+]\d{2}:\d{2}$/));
const clientId = v.pipe(v.string(), v.regex(/^fr\.health(?:\.[A-Za-z0-9-]+)+$/));
const distributionId = v.pipe(v.string(), v.regex(/^fr\.health(?:\.[A-Za-z0-9-]+)+_[A-Za-z0-9-]+$/));
const system = v.strictObject({
  name: clientId,
  URI: v.pipe(v.string(), v.regex(/^hubex:fr\.health(?:\.[A-Za-z0-9-]+)+$/)),
});

const practitioner = v.strictObject({
  rppsId: v.pipe(v.string(), v.regex(/^81[0-9]{10}$/)),
  lastName: text,
  firstName: text,
  specialityCode: v.optional(text),
  specialityUrl: v.optional(text),
});

const organization = v.strictObject({
  organizationId: v.pipe(v.string(), v.regex(/^(?:1[0-9AB]{9}|3[0-9]{14})$/)),
  name: text,
});

const regulator = v.strictObject({
  regulatorId: v.optional(text),
  regulatorName: text,
  regulatorFirstname: text,
  regulatorEmail: text,
});

const appointment = {
  appointmentId: text,
  method: v.picklist(['CreateAppointment', 'UpdateAppointment']),
  created: instant,
  start: instant,
  end: v.optional(instant),
  status: v.picklist(['pending', 'booked', 'fulfilled', 'noshow', 'cancelled']),
  orientationCategory: v.optional(v.picklist(['CPTS', 'MSP', 'CDS', 'SOS', 'PS', 'PDM'])),
  practitioner: v.optional(practitioner),
  organization: v.optional(organization),
};

/** The object `appointment` of each version. */
export const APPOINTMENT = {
  '25.11.26': v.strictObject(appointment),
  '26.07.29': v.strictObject({ ...appointment, regulator }),
};

type AppointmentSchema = (typeof APPOINTMENT)[LrmSchema];
/** As it leaves; `regulator` with 26.07.29 alone. */
export type LrmAppointment = v.InferOutput<AppointmentSchema>;

function reportOf<S extends AppointmentSchema>(told: S) {
  const message = v.strictObject({
    messageId: distributionId,
    sender: system,
    sentAt: instant,
    status: v.literal('Actual'),
    kind: v.literal('Report'),
    recipient: v.pipe(v.array(system), v.length(1)),
    appointment: told,
  });
  const embedded = v.strictObject({ embeddedJsonContent: v.strictObject({ message }) });
  return v.strictObject({
    distributionID: distributionId,
    senderID: clientId,
    dateTimeSent: instant,
    dateTimeExpires: instant,
    distributionStatus: v.literal('Actual'),
    distributionKind: v.literal('Report'),
    descriptor: v.strictObject({
      language: v.literal('fr-FR'),
      explicitAddress: v.strictObject({
        explicitAddressScheme: v.literal('hubex'),
        explicitAddressValue: clientId,
      }),
    }),
    content: v.pipe(v.array(v.strictObject({ jsonContent: embedded })), v.length(1)),
  });
}

/** The whole message of each version, envelope included. */
export const REPORT = {
  '25.11.26': reportOf(APPOINTMENT['25.11.26']),
  '26.07.29': reportOf(APPOINTMENT['26.07.29']),
};

/** As it leaves. */
export type LrmReport = v.InferOutput<(typeof REPORT)[LrmSchema]>;
