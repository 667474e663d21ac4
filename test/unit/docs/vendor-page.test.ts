// docs/raccorder-un-editeur.md, which vendors build from: its examples pass our validators, its requests are those sent.
import { expect, test } from 'vitest';
import { VENDOR_HEADERS } from '../../../relay/vendor/vendor-client.ts';
import { asObject } from '../../../shared/fhir/json.ts';
import { encodeToken } from '../../../shared/fhir/search.ts';
import { regulatorResource } from '../../../shared/sas/regulator.ts';
import { judgeBundle } from '../../../shared/sas/rules/bundle.ts';
import { judgeRegulator } from '../../../shared/sas/rules/regulator.ts';
import { buildVendorRequest } from '../../../shared/sas/vendor-request.ts';
import { readMessage } from '../../../worker/appointments/model/message.ts';
import { blocksOf } from '../../support/samples/docs-commands.ts';

const BLOCKS = blocksOf('docs/raccorder-un-editeur.md');
const EXAMPLES = BLOCKS.filter(({ language }) => language === 'json').map(({ text }) => JSON.parse(text));
const REQUESTS = BLOCKS.filter(({ language }) => language === 'http').map(({ text }) => text);
const ofType = (type: string) => EXAMPLES.filter(({ resourceType }) => resourceType === type);

test('the searches on the page are those that a relay sends, word for word', () => {
  const window = {
    fromMs: Date.parse('2026-12-01T09:00:00+01:00'),
    toMs: Date.parse('2026-12-03T23:59:59+01:00'),
  };
  const practitioners = { subjects: ['899900000017', '899900000025'], ...window };
  for (const question of [
    { flow: 'INT_R01', ...practitioners },
    { flow: 'INT_R04', ...practitioners },
    { flow: 'SOS', subjects: ['399900000100071'], ...window },
  ] as const) {
    expect(REQUESTS).toContain(`GET ${buildVendorRequest('[base]', question)}\n`);
  }
  expect(REQUESTS).toContain(
    `Accept: ${VENDOR_HEADERS.accept}\nAccept-Encoding: ${VENDOR_HEADERS['accept-encoding']}\n`,
  );
});

test('the Bundle on the page breaks no rule', () => {
  const [bundle] = ofType('Bundle');
  expect(judgeBundle(bundle, 'INT_R01')).toEqual([]);
});

test('the account on the page breaks no rule, and is the body that is sent', () => {
  const [account] = ofType('Practitioner');
  const identifier = { system: 'urn:oid:1.2.250.1.71.4.2.1', value: '3990000011/REG-77' } as const;
  expect(judgeRegulator(account)).toEqual([]);
  expect(account).toEqual(
    regulatorResource({
      identifier,
      active: true,
      family: 'Inventée',
      given: 'Zoé',
      email: 'zoe@regulation.example',
    }),
  );
  const query = encodeToken(identifier.system, identifier.value);
  expect(
    REQUESTS.some((request) => request.startsWith(`PUT [base]/Practitioner?identifier=${query}\n`)),
  ).toBe(true);
});

test('the appointments on the page are taken as they are: nothing to repair, nothing to warn of', () => {
  const appointments = ofType('Appointment');
  expect(appointments).toHaveLength(2);
  const read = appointments.map((appointment) =>
    readMessage(asObject(appointment) ?? {}, Date.parse('2026-12-01T08:00:00Z')),
  );
  expect(read).toMatchObject([
    { ok: true, value: { profile: 'individual', repairs: [], warnings: [] } },
    { ok: true, value: { profile: 'sos', repairs: [], warnings: [] } },
  ]);
});
