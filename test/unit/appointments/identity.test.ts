// Which appointment a message is about: the sender, the query, the path and the body, each right or wrong; and the order in
// which statuses follow. docs/guide.md G-502, G-605; docs/appointments.md § 3.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { individual } from '../../../bench/appointments/samples.ts';
import { GatewayError } from '../../../shared/error.ts';
import { appointmentId, contentHash } from '../../../worker/appointments/model/identity.ts';
import {
  APPOINTMENT_STATUSES,
  type AppointmentStatus,
  endsAppointment,
  holdsSlot,
  isAppointmentStatus,
  rankOf,
} from '../../../worker/appointments/model/lattice.ts';
import { readIfMatch, readSent } from '../../../worker/appointments/target.ts';
import type { RequestContext } from '../../../worker/http/http.ts';
import type { Sender } from '../../../worker/http/relay-token.ts';

const OID = 'urn:oid:1.2.250.1.999.1';
const OTHER = 'urn:oid:1.2.250.1.999.2';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');

interface Sent {
  readonly query?: string;
  readonly id?: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly signed?: string;
  readonly owned?: string;
}

async function send({ query, id, body = {}, signed, owned = OID }: Sent): Promise<string> {
  const text = JSON.stringify({ ...individual({ value: 'rdv-1', system: OID }), ...body });
  const url = new URL(`https://edge.example/fhir/Appointment${query === undefined ? '' : `?${query}`}`);
  const sender = {
    relay: 'relay-a',
    editor: 'agenda-a',
    appointmentSystem: owned,
    bodySha256: signed ?? sha256(text),
  } as Sender;
  const request = new Request(url, {
    method: 'PUT',
    body: text,
    headers: { 'Content-Type': 'application/fhir+json' },
  });
  const context = { request, url, parameters: { id } } as unknown as RequestContext;
  try {
    return (await readSent(context, sender)).id;
  } catch (cause) {
    return cause instanceof GatewayError ? cause.reason : String(cause);
  }
}

const OWN = await appointmentId('agenda-a', OID, 'rdv-1');
const FOREIGN = await appointmentId('agenda-b', OID, 'rdv-1');
const identified = (system: string, value = 'rdv-1') => ({ body: { identifier: [{ system, value }] } });
const bare = OID.slice('urn:oid:'.length);

describe('the appointment that a message is about', () => {
  it.each<[string, Sent, string]>([
    ['query and body', { query: `identifier=${OID}|rdv-1` }, OWN],
    ['a query without system', { query: 'identifier=rdv-1' }, OWN],
    ['a query whose system lacks urn:oid:', { query: `identifier=${bare}|rdv-1` }, OWN],
    ['a query in capitals', { query: `Identifier=${OID}|rdv-1` }, OWN],
    ['a path and a body', { id: OWN }, OWN],
    ['a body alone', {}, OWN],
    ['a query of another system', { query: `identifier=${OTHER}|rdv-1` }, 'not-owner'],
    ['a query of another value', { query: `identifier=${OID}|rdv-2` }, 'identifier-mismatch'],
    ['a query that is none', { query: 'identifier=a|b|c' }, 'parameter-invalid'],
    ['a body of another system', identified(OTHER), 'not-owner'],
    ['a body of another system, and blanks', identified(` ${OTHER} `), 'not-owner'],
    ['a body whose system lacks urn:oid:', identified(bare), 'not-owner'],
    [
      'a body of two systems',
      {
        body: {
          identifier: [
            { system: OID, value: 'rdv-1' },
            { system: OTHER, value: 'x' },
          ],
        },
      },
      'not-owner',
    ],
    ['a body with blanks around its own', identified(` ${OID} `), OWN],
    ['a body without system', { body: { identifier: [{ value: 'rdv-1' }] } }, 'rule-broken'],
    ['a body with an empty system', identified(' '), 'rule-broken'],
    [
      'a body with a system that is no text',
      { body: { identifier: [{ system: 7, value: 'rdv-1' }] } },
      'rule-broken',
    ],
    ['a path of another value', { id: OWN, ...identified(OID, 'rdv-2') }, 'identifier-mismatch'],
    ['a path of another vendor', { id: FOREIGN }, 'not-owner'],
    ['a path that was never given', { id: 'agenda-a-1' }, 'not-found'],
    ['a body that was not signed', { signed: sha256('{}') }, 'token-invalid'],
    ['a broken rule', { body: { status: 'nonsense' } }, 'rule-broken'],
    [
      'a patient',
      { body: { participant: [{ actor: { reference: 'Patient/1' }, status: 'accepted' }] } },
      'patient-data',
    ],
    [
      'a patient, beside a broken rule',
      {
        body: {
          status: 'nonsense',
          participant: [{ actor: { reference: 'Patient/1' }, status: 'accepted' }],
        },
      },
      'patient-data',
    ],
    ['a sender of another system', { owned: OTHER }, 'not-owner'],
  ])('%s', async (_what, sent, expected) => {
    expect(await send(sent)).toBe(expected);
  });

  it('has one id for one vendor, system and value, and another for any other', async () => {
    const ids = await Promise.all([
      appointmentId('agenda-a', OID, 'rdv-1'),
      appointmentId('agenda-b', OID, 'rdv-1'),
      appointmentId('agenda-a', OTHER, 'rdv-1'),
      appointmentId('agenda-a', OID, 'rdv-2'),
      appointmentId('agenda-a', `${OID}\nrdv`, '1'),
    ]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids[0]).toBe(await appointmentId('agenda-a', OID, 'rdv-1'));
    // Kept in databases and in vendors' own: it may never change.
    const made = createHash('sha256').update(`Appointment\nagenda-a\n${OID}\nrdv-1`).digest('hex');
    expect(ids[0]).toBe(`agenda-a-${made.slice(0, 20)}`);
  });

  it('is said anew when the profile or the content differs', async () => {
    const hashes = await Promise.all([contentHash('a', 'b'), contentHash('a', 'c'), contentHash('c', 'b')]);
    expect(new Set(hashes).size).toBe(3);
    expect(hashes[0]).toBe(createHash('sha256').update('a\nb').digest('hex').slice(0, 32));
  });
});

describe('If-Match', () => {
  it.each<[string | null, number | 'any' | undefined]>([
    [null, undefined],
    ['', undefined],
    ['  ', undefined],
    ['*', 'any'],
    [' * ', 'any'],
    ['W/"2"', 2],
    ['"12"', 12],
    ['7', 7],
    ['999999999', 999_999_999],
  ])('%j is %j', (header, expected) => {
    expect(readIfMatch(header)).toBe(expected);
  });
  it.each(['W/2a', 'x"2"', '"2"x', '1234567890', '-1', 'any', '""'])('%j is refused', (header) => {
    expect(() => readIfMatch(header)).toThrow(GatewayError);
  });
});

describe('statuses', () => {
  /** From the first to the last; those of one line may come in either order. */
  const ORDER: readonly (readonly AppointmentStatus[])[] = [
    ['proposed', 'waitlist'],
    ['pending'],
    ['booked'],
    ['arrived', 'checked-in'],
    ['cancelled'],
    ['noshow'],
    ['fulfilled'],
    ['entered-in-error'],
  ];
  const HOLDS: readonly AppointmentStatus[] = ['pending', 'booked', 'arrived', 'checked-in', 'fulfilled'];
  const ENDS: readonly AppointmentStatus[] = ['cancelled', 'noshow', 'fulfilled', 'entered-in-error'];

  it.each(ORDER.flatMap((line, rank) => line.map((status) => [status, rank] as const)))(
    '%s is at %d',
    (status, rank) => {
      expect(rankOf(status)).toBe(rank);
      expect(isAppointmentStatus(status)).toBe(true);
      expect(holdsSlot(status)).toBe(HOLDS.includes(status));
      expect(endsAppointment(status)).toBe(ENDS.includes(status));
    },
  );

  it('are these and no others', () => {
    expect([...APPOINTMENT_STATUSES].sort()).toEqual(ORDER.flat().sort());
    for (const text of ['', 'Booked', 'toString', '__proto__']) expect(isAppointmentStatus(text)).toBe(false);
  });
});
