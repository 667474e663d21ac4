// What comes back from Hub Santé: acknowledgements and errors in every form that the guide, the DST and the examples print.
import { describe, expect, it, test } from 'vitest';
import { type Reaction, reactionTo } from '../../../worker/lrm/message/error-codes.ts';
import { type Reply, readReply } from '../../../worker/lrm/message/reply.ts';

const OURS = 'fr.health.test.ptfsas_6f1c2f0a-3f0e-4a7e-9a55-0d1a2b3c4d5e';
const LRM = 'fr.health.samu990';

function envelope(message: unknown, edits: object = {}): object {
  return {
    distributionID: `${LRM}_0b6f2a4e-0000-4a7e-9a55-0d1a2b3c4d5e`,
    senderID: LRM,
    dateTimeSent: '2026-03-02T08:00:13+01:00',
    dateTimeExpires: '2072-03-02T08:00:13+01:00',
    distributionStatus: 'Actual',
    distributionKind: 'Ack',
    descriptor: {
      language: 'fr-FR',
      explicitAddress: { explicitAddressScheme: 'hubex', explicitAddressValue: 'fr.health.test.ptfsas' },
    },
    content: [{ jsonContent: { embeddedJsonContent: { message } } }],
    ...edits,
  };
}

const header = {
  messageId: `${LRM}_0b6f2a4e-0000-4a7e-9a55-0d1a2b3c4d5e`,
  sender: { name: LRM, URI: `hubex:${LRM}` },
  sentAt: '2026-03-02T08:00:13-00:00',
  status: 'Actual',
  kind: 'Ack',
  recipient: [{ name: 'fr.health.test.ptfsas', URI: 'hubex:fr.health.test.ptfsas' }],
};
const ack = (reference: object, edits: object = {}) => ({ ...header, reference, ...edits });
const error = (edits: object = {}) => ({
  error: {
    errorCode: { statusCode: 300, statusString: 'INVALID_MESSAGE' },
    errorCause: 'le champ start manque',
    sourceMessage: { distributionID: OURS },
    referencedDistributionID: OURS,
    ...edits,
  },
});
const read = (value: unknown): Reply => readReply(JSON.stringify(value));

const ACK: Reply = {
  kind: 'ack',
  sender: LRM,
  reference: OURS,
  step: undefined,
  isRefused: false,
  errorDistributionId: undefined,
};
const ERROR: Reply = {
  kind: 'error',
  sender: LRM,
  reference: OURS,
  code: 300,
  name: 'INVALID_MESSAGE',
  cause: 'le champ start manque',
};

describe('an acknowledgement', () => {
  it.each<[string, object]>([
    ['as the guide prints it', envelope(ack({ distributionID: OURS }))],
    [
      'with the scheme in capitals',
      envelope(ack({ distributionID: OURS }), {
        descriptor: { language: 'fr-FR', explicitAddress: { explicitAddressScheme: 'Hubex' } },
      }),
    ],
    [
      'with the id of the first message as its messageId',
      envelope(ack({ distributionID: OURS }, { messageId: OURS })),
    ],
    [
      'with one recipient that is no list',
      envelope(ack({ distributionID: OURS }, { recipient: { name: LRM } })),
    ],
    ['with recipients', envelope(ack({ distributionID: OURS }, { recipient: undefined, recipients: [] }))],
    [
      'with Z and decimals',
      envelope(ack({ distributionID: OURS }), { dateTimeSent: '2026-03-02T07:00:13.5Z' }),
    ],
    ['of kind System', envelope(ack({ distributionID: OURS }, { status: 'System' }))],
    ['without a header', envelope({ reference: { distributionID: OURS } })],
    [
      'with one content that is no list',
      envelope(undefined, {
        content: { jsonContent: { embeddedJsonContent: { message: ack({ distributionID: OURS }) } } },
      }),
    ],
    [
      'with what nobody knows',
      { ...envelope(ack({ distributionID: OURS, more: 1 }, { patient: {} })), more: 1 },
    ],
    ['that is said to be a Report', envelope(ack({ distributionID: OURS }), { distributionKind: 'Report' })],
  ])('is read %s', (_as, sent) => {
    expect(read(sent)).toEqual(ACK);
  });

  it.each(['RECU', 'ERREUR', 'INTEGRE', 'CONSULTE', 'SUPPRIME'])('tells its step %s', (step) => {
    expect(read(envelope(ack({ distributionID: OURS, step })))).toEqual({ ...ACK, step });
    expect(read(envelope(ack({ distributionID: OURS, step: step.toLowerCase() })))).toEqual({ ...ACK, step });
  });

  it('tells a step that nobody knows, cut', () => {
    const sent = envelope(ack({ distributionID: OURS, step: 'z'.repeat(500) }));
    expect(read(sent)).toEqual({ ...ACK, step: 'Z'.repeat(100) });
  });

  it('tells that the LRM refuses the message, and by which error', () => {
    const errorDistributionID = `${LRM}_1`;
    const sent = envelope(ack({ distributionID: OURS, refused: true, errorDistributionID }));
    expect(read(sent)).toEqual({ ...ACK, isRefused: true, errorDistributionId: errorDistributionID });
    expect(read(envelope(ack({ distributionID: OURS, refused: false })))).toEqual(ACK);
  });

  it('takes its sender from the header when the envelope has none', () => {
    expect(read(envelope(ack({ distributionID: OURS }), { senderID: undefined }))).toEqual(ACK);
  });
});

describe('an error', () => {
  it.each<[string, object]>([
    ['with the source as an object', error()],
    ['with the source as a text', error({ sourceMessage: '{"distributionID":"x"}' })],
    ['without a source', error({ sourceMessage: undefined })],
    ['with its code as a text', error({ errorCode: { statusCode: '300', statusString: 'INVALID_MESSAGE' } })],
    ['behind a header', { ...header, ...error() }],
    ['whose source quotes another message', error({ sourceMessage: { distributionID: `${LRM}_9` } })],
    ['whose source writes createAppointment', error({ sourceMessage: { method: 'createAppointment' } })],
  ])('is read %s', (_as, sent) => {
    expect(read(envelope(sent, { distributionKind: 'Error' }))).toEqual(ERROR);
  });

  it('is read when it was addressed to another client, under an id that is not its sender’s', () => {
    const sent = envelope(error(), {
      distributionID: 'fr.health.hub_1',
      descriptor: { explicitAddress: { explicitAddressValue: 'fr.health.ptfsas' } },
    });
    expect(read(sent)).toEqual(ERROR);
  });

  it.each<[string, object]>([
    ['says that it could not', error({ referencedDistributionID: 'distributionID_could_not_be_extracted' })],
    ['says nothing', error({ referencedDistributionID: undefined })],
    ['names one that is too long to be ours', error({ referencedDistributionID: 'x'.repeat(256) })],
    ['names one that is no text', error({ referencedDistributionID: 12 })],
  ])('of a message that the Hub could not tell is kept without one: it %s', (_says, sent) => {
    expect(read(envelope(sent))).toEqual({ ...ERROR, reference: undefined });
  });

  it('names a message by 255 characters at most', () => {
    const longest = 'x'.repeat(255);
    expect(read(envelope(error({ referencedDistributionID: longest })))).toHaveProperty('reference', longest);
  });

  it.each(['x300', '300x', '3000000', ''])('with the code %j has none', (statusCode) => {
    expect(read(envelope(error({ errorCode: { statusCode, statusString: 'X' } })))).toHaveProperty('code', 0);
  });

  it('without a code that is a number has the code 0, which only notes it', () => {
    expect(read(envelope(error({ errorCode: { statusCode: 'NaN' } })))).toMatchObject({ code: 0, name: '' });
    expect(read(envelope({ error: {} }))).toMatchObject({ kind: 'error', code: 0, cause: '' });
    expect(reactionTo(0)).toBe('note');
  });

  it('is cut where its words are somebody else’s, and never holds the source', () => {
    const long = read(
      envelope(
        error({
          errorCause: 'x'.repeat(5_000),
          errorCode: { statusCode: 300, statusString: 'y'.repeat(500) },
        }),
      ),
    );
    expect(long).toMatchObject({ cause: 'x'.repeat(1_000), name: 'y'.repeat(100) });
    expect(JSON.stringify(read(envelope(error({ sourceMessage: { secret: 'CANARI' } }))))).not.toContain(
      'CANARI',
    );
  });
});

test.each<[string, string, Reply]>([
  ['nothing', '', { kind: 'unreadable', why: 'json' }],
  [
    'a message cut short',
    JSON.stringify(envelope(error())).slice(0, -3),
    { kind: 'unreadable', why: 'json' },
  ],
  ['a text', '"ack"', { kind: 'unreadable', why: 'shape' }],
  ['null', 'null', { kind: 'unreadable', why: 'shape' }],
  ['lists without end', `${'['.repeat(50_000)}${']'.repeat(50_000)}`, { kind: 'unreadable', why: 'shape' }],
  [
    'an envelope without content',
    JSON.stringify(envelope({}, { content: [] })),
    { kind: 'unreadable', why: 'shape' },
  ],
  [
    'another message',
    JSON.stringify(envelope({ ...header, technical: {} })),
    { kind: 'unreadable', why: 'shape' },
  ],
  ['a reference to nothing', JSON.stringify(envelope(ack({}))), { kind: 'unreadable', why: 'shape' }],
  ['no reference', JSON.stringify(envelope(header)), { kind: 'unreadable', why: 'shape' }],
  ['a reference that is a list', JSON.stringify(envelope(ack([OURS]))), { kind: 'unreadable', why: 'shape' }],
])('%s is told as unreadable', (_of, text, reply) => {
  expect(readReply(text)).toEqual(reply);
});

test.each<[number, string, Reaction]>([
  [100, 'DELIVERY_MODE_INCONSISTENCY', 'stop'],
  [101, 'NOT_ALLOWED_CONTENT_TYPE', 'stop'],
  [102, 'UNRECOGNIZED_MESSAGE_FORMAT', 'stop'],
  [200, 'SENDER_INCONSISTENCY', 'stop'],
  [300, 'INVALID_MESSAGE', 'stop'],
  [301, 'SCHEMA_NOT_FOUND', 'stop'],
  [400, 'EXPIRED_MESSAGE_BEFORE_ROUTING', 'resend'],
  [409, 'CONFLICT', 'update'],
  [500, 'DEAD_LETTERED_QUEUE', 'resend'],
  [500, 'DEAD_LETTER_QUEUED', 'resend'],
  [501, 'UNROUTABLE_MESSAGE', 'stop'],
  [600, 'MESSAGE_CONVERSION_ERROR', 'stop'],
  ...[700, 701, 702, 703, 704, 999].map((code): [number, string, Reaction] => [code, 'OTHER', 'note']),
])('error %i %s is read from either sender, and its reaction is %s', (statusCode, statusString, reaction) => {
  for (const senderID of [LRM, 'fr.health.hub']) {
    const reply = read(envelope(error({ errorCode: { statusCode, statusString } }), { senderID }));
    expect(reply).toMatchObject({ kind: 'error', sender: senderID, code: statusCode, name: statusString });
    expect(reply.kind === 'error' && reactionTo(reply.code)).toBe(reaction);
  }
});
