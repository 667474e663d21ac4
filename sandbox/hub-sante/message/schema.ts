// The double's own JSON Schemas of what may cross Hub Santé: one for each version of the models, written from the guide's
// tables (INT_L02) and from what the published models demand. The gateway's are written apart, and neither reads the other's.

export const SCHEMA_VERSIONS = ['25.11.26', '26.07.29'] as const;
export type SchemaVersion = (typeof SCHEMA_VERSIONS)[number];

const TEXT = { type: 'string' };
/** No decimals, no `Z`: within the message. The envelope takes both. */
const TIME = {
  type: 'string',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}[\\-+]\\d{2}:\\d{2}$',
  format: 'date-time',
};
const oneOf = (...values: readonly string[]) => ({ type: 'string', enum: values });
const closed = (properties: object, required: readonly string[]) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const texts = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, TEXT]));

const PARTY = closed(texts('name', 'URI'), ['name', 'URI']);
const KIND = oneOf('Report', 'Update', 'Cancel', 'Ack', 'Error');

/** Open: whatever else stands in the header passes the Hub. */
const HEADER = {
  type: 'object',
  required: ['messageId', 'sender', 'sentAt', 'kind', 'status', 'recipient'],
  properties: {
    messageId: TEXT,
    sender: PARTY,
    sentAt: TIME,
    kind: KIND,
    status: oneOf('Actual', 'Exercise', 'System'),
    recipient: { type: 'array', items: PARTY, minItems: 1 },
  },
};

const PRACTITIONER = closed(
  {
    ...texts('lastName', 'firstName', 'specialityCode', 'specialityUrl', 'professionCode', 'professionUrl'),
    // An RPPS behind its prefix; there is no room for an ADELI.
    rppsId: { type: 'string', pattern: '^81[0-9]{10}$' },
  },
  ['rppsId', 'lastName', 'firstName'],
);
const ORGANIZATION = closed(texts('organizationId', 'name'), ['organizationId', 'name']);
const REGULATOR = closed(texts('regulatorId', 'regulatorName', 'regulatorFirstname', 'regulatorEmail'), [
  'regulatorName',
  'regulatorFirstname',
  'regulatorEmail',
]);

function appointment(version: SchemaVersion) {
  const knowsRegulator = version !== '25.11.26';
  return closed(
    {
      appointmentId: TEXT,
      method: oneOf('CreateAppointment', 'UpdateAppointment'),
      created: TIME,
      start: TIME,
      end: TIME,
      status: oneOf('pending', 'booked', 'fulfilled', 'noshow', 'cancelled'),
      orientationCategory: oneOf('PS', 'SOS', 'PDM', 'CPTS', 'CDS', 'MSP'),
      practitioner: PRACTITIONER,
      organization: ORGANIZATION,
      ...(knowsRegulator && { regulator: REGULATOR }),
    },
    ['appointmentId', 'method', 'created', 'start', 'status', ...(knowsRegulator ? ['regulator'] : [])],
  );
}

const REFERENCE = closed(
  {
    ...texts('distributionID', 'errorDistributionID'),
    refused: { type: 'boolean' },
    step: oneOf('RECU', 'ERREUR', 'INTEGRE', 'CONSULTE', 'SUPPRIME'),
  },
  ['distributionID'],
);

const ERROR = closed(
  {
    errorCode: closed({ statusCode: { type: 'number' }, statusString: TEXT }, ['statusCode', 'statusString']),
    ...texts('errorCause', 'referencedDistributionID'),
    sourceMessage: { type: 'object' },
  },
  ['errorCode', 'errorCause', 'referencedDistributionID'],
);

const carries = (name: string, schema: object) => ({
  type: 'object',
  properties: { [name]: schema },
  required: [name],
});

/** The whole message, of the three kinds that INT_L02 knows. */
export function messageSchema(version: SchemaVersion): object {
  const instant = { type: 'string', format: 'date-time' };
  const message = {
    oneOf: [
      { allOf: [HEADER, carries('appointment', appointment(version))] },
      { allOf: [HEADER, carries('reference', REFERENCE)] },
      carries('error', ERROR),
    ],
  };
  const embedded = { type: 'object', properties: { message }, required: ['message'] };
  const wrapped = closed(
    { jsonContent: closed({ embeddedJsonContent: embedded }, ['embeddedJsonContent']) },
    ['jsonContent'],
  );
  const envelope = {
    ...texts('senderID', 'distributionID'),
    dateTimeSent: instant,
    dateTimeExpires: instant,
    distributionStatus: oneOf('Actual', 'Exercise'),
    distributionKind: KIND,
    descriptor: closed(
      {
        language: TEXT,
        explicitAddress: closed(texts('explicitAddressScheme', 'explicitAddressValue'), [
          'explicitAddressScheme',
          'explicitAddressValue',
        ]),
      },
      ['language', 'explicitAddress'],
    ),
    // One recipient, one message.
    content: { type: 'array', items: wrapped, minItems: 1, maxItems: 1 },
  };
  return closed(envelope, Object.keys(envelope));
}
