// "Done needs a yes": a vendor over mTLS gives random answers to grants, changes and withdrawals: statuses, headers and
// bodies, bent in their structure and then in their bytes. The relay reads them, the edge judges; what they call done
// must be a yes to the oracle below too, which knows the guide and none of our code; a yes that was left unbent is done.

import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Accounts } from '../../relay/vendor/accounts.ts';
import type { VendorClient } from '../../relay/vendor/vendor-client.ts';
import type { AccountReply } from '../../shared/link/accounts.ts';
import { converse } from '../../worker/accounts/converse.ts';
import type { Message } from '../../worker/accounts/model/ledger.ts';
import type { Regulator } from '../../worker/accounts/model/regulator.ts';
import { makeClient } from '../support/doubles/relay-client.ts';
import { startTestVendor, type TestVendor } from '../support/doubles/relay-vendor.ts';
import { makeTestAuthority, type TestAuthority } from '../support/scenes/relay/authority.ts';
import { drawn, SEED } from '../support/seed.ts';

const RUNS = drawn(1_500);
const NATIONAL = 'urn:oid:1.2.250.1.71.4.2.1';
const ID = '3456780581/11242343';

let authority: TestAuthority;
let vendor: TestVendor;
let client: VendorClient;
let accounts: Accounts;

beforeAll(async () => {
  authority = await makeTestAuthority();
  const ca = authority.signers.org.certPem + authority.signers.root.certPem;
  vendor = await startTestVendor(await authority.server('vendor'), ca, () => undefined);
  const files = await authority.client('relay');
  client = makeClient({ baseUrl: vendor.baseUrl, authority, files, editor: { flows: ['INT_R02'] } });
  const vendors = new Map([['agenda-test', client]]);
  accounts = new Accounts({ vendors: () => vendors, onExchange: () => undefined });
});

afterAll(async () => {
  await client?.retire();
  await vendor?.close();
  await authority?.remove();
});

// What is said.

type Kind = 'grant' | 'change' | 'withdrawal';

const REGULATOR: Regulator = {
  id: 'r1',
  identifier: { system: NATIONAL, value: ID },
  technicalId: undefined,
  active: true,
  family: 'Lefèvre-Imaginaire',
  given: 'Zoé',
  email: 'zoe@regulation.example',
  territories: [],
  version: 1,
  hash: 'h',
  updatedMs: 0,
  withdrawnMs: undefined,
  grantedMs: undefined,
  withdrawal: undefined,
  wave: undefined,
};

function messageOf(kind: Kind): Message {
  const identifier = { system: NATIONAL, value: ID };
  const query =
    kind === 'grant' ? undefined : kind === 'change' ? { system: NATIONAL, value: 'old' } : identifier;
  return {
    identifier,
    query,
    mayBear: false,
    hash: 'h',
    version: 1,
    active: kind !== 'withdrawal',
    isFinal: true,
    isOldOpen: false,
  };
}

// What is answered.

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

type Json = Record<string, unknown>;

const echo = (active: boolean): Json => ({
  resourceType: 'Practitioner',
  id: 'compte-1',
  meta: { versionId: '2' },
  identifier: [
    { system: 'https://vendor.example/id', value: '77' },
    { system: NATIONAL, value: ID },
  ],
  active,
  name: [{ family: 'LEFEVRE IMAGINAIRE', given: ['Zoé'] }],
  telecom: [{ system: 'email', value: 'Zoe@regulation.example' }],
});
const outcome = (...severities: unknown[]): Json => ({
  resourceType: 'OperationOutcome',
  issue: severities.map((severity) => ({ severity, code: 'informational' })),
});

/** Bent in structure: the resource, or what has come in its place. */
const BENDS: readonly ((resource: Json) => unknown)[] = [
  (it) => it,
  (it) => it,
  (it) => ({ ...it, active: it.active !== true }),
  (it) => ({ ...it, active: 'false' }),
  (it) => ({ ...it, active: null }),
  ({ active: _active, ...it }) => it,
  ({ identifier: _identifier, ...it }) => it,
  (it) => ({ ...it, identifier: [{ system: NATIONAL, value: '3456780581/99' }] }),
  (it) => ({ ...it, identifier: [{ system: 'urn:oid:1.2.250.1.213.3.6', value: ID }] }),
  (it) => ({ ...it, identifier: { system: NATIONAL, value: ID } }),
  (it) => ({ ...it, resourceType: 'Patient' }),
  (it) => ({ ...it, resourceType: undefined }),
  (it) => ({ ...it, modifierExtension: [{ url: 'https://vendor.example/not', valueBoolean: true }] }),
  (it) => ({ ...it, name: [{ family: 'Autre', given: ['Zoé'] }] }),
  (it) => ({ ...it, telecom: [{ system: 'email', value: 'autre@regulation.example' }] }),
  ({ name: _name, telecom: _telecom, ...it }) => it,
  (it) => [it],
  (it) => ({ resourceType: 'Bundle', type: 'transaction-response', entry: [{ resource: it }] }),
  (it) => ({ resourceType: 'Parameters', parameter: [{ name: 'return', resource: it }] }),
  () => outcome('information'),
  () => outcome('warning', 'information'),
  () => outcome('information', 'error'),
  () => outcome('fatal'),
  () => outcome('success'),
  () => outcome(undefined),
  () => outcome(),
  () => ({ resourceType: 'OperationOutcome', issue: { severity: 'information' } }),
  () => null,
  () => 'OK',
  () => 0,
  () => ({}),
];
const PREFIXES = [
  '',
  '',
  '',
  '',
  ' \r\n',
  '\ufeff',
  '<!-- x -->',
  '<?xml version="1.0"?>',
  '<head>',
  '\ufeff <html>',
  'for(;;);',
];
const STATUSES = [200, 200, 200, 201, 201, 204, 202, 203, 206, 207, 226, 302, 303, 400, 409, 422, 500, 503];
const TYPES = [
  'application/fhir+json',
  'application/json; charset=iso-8859-1',
  'text/html',
  'text/plain; charset=utf-8',
];

const bodyOf = (bend: number, active: boolean, prefix: string, isEmpty: boolean): string =>
  isEmpty ? prefix : prefix + JSON.stringify(BENDS[bend]?.(echo(active)));

const encode = (text: string, how: string): Buffer =>
  how === 'utf16' ? Buffer.from(`\ufeff${text}`, 'utf16le') : Buffer.from(text, how as BufferEncoding);

const bytes = fc.array(fc.tuple(fc.constantFrom('flip', 'cut', 'drop', 'add'), fc.nat(), fc.nat(255)), {
  maxLength: 2,
});

function bendBytes(body: Buffer, edits: readonly (readonly [string, number, number])[]): Buffer {
  let bent = body;
  for (const [how, where, value] of edits) {
    const at = where % (bent.length + 1);
    const rest = bent.subarray(how === 'add' ? at : at + 1);
    const middle = how === 'drop' ? [] : [value];
    bent =
      how === 'cut' ? bent.subarray(0, at) : Buffer.concat([bent.subarray(0, at), Buffer.from(middle), rest]);
  }
  return bent;
}

const answers = fc.record({
  kind: fc.constantFrom<Kind>('grant', 'change', 'withdrawal'),
  status: fc.constantFrom(...STATUSES),
  bend: fc.nat(BENDS.length - 1),
  isOurs: fc.boolean(),
  isEmpty: fc.boolean().chain((maybe) => (maybe ? fc.boolean() : fc.constant(false))),
  prefix: fc.constantFrom(...PREFIXES),
  encoding: fc.constantFrom('utf8', 'utf8', 'latin1', 'utf16'),
  type: fc.constantFrom(...TYPES),
  zip: fc.constantFrom('no', 'no', 'no', 'yes', 'claimed'),
  edits: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: bytes }),
  isCut: fc.nat(9).map((value) => value === 0),
});

// The oracle. The guide: 201 to a creation, 200 to an update; a 204 is either without a body. R4: a body is the resource
// or an OperationOutcome; `active` absent is true; error and fatal mean that it failed; modifiers must be understood.

function readings(body: Buffer): string[] {
  return ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'].flatMap((label) => {
    try {
      return [new TextDecoder(label, { fatal: true }).decode(body)];
    } catch {
      return [];
    }
  });
}

const ascii = (text: unknown): string[] =>
  ['NFC', 'NFD'].map((form) =>
    [...String(text).normalize(form).toLowerCase()].filter((c) => /[a-z\d]/.test(c)).join(''),
  );
const alike = (said: string, kept: readonly unknown[]): boolean =>
  kept.length === 0 || kept.some((one) => ascii(one).some((text, i) => text === ascii(said)[i]));

const at = (it: unknown, name: string): unknown =>
  typeof it === 'object' && it !== null ? Reflect.get(it, name) : undefined;
const all = (it: unknown, name: string): unknown[] => {
  const value = at(it, name);
  return value === undefined ? [] : [value].flat();
};

function isYesText(text: string, kind: Kind): boolean {
  if (/^[\s\ufeff]*$/.test(text)) return true;
  let it: unknown;
  try {
    it = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return false;
  }
  const type = at(it, 'resourceType');
  if (type === 'OperationOutcome') return Array.isArray(at(it, 'issue')) && isHarmless(all(it, 'issue'));
  return type === 'Practitioner' && isAccount(it, kind);
}

function isHarmless(issues: readonly unknown[]): boolean {
  const severities = issues.map((issue) => String(at(issue, 'severity')));
  return severities.length > 0 && severities.every((one) => one === 'information' || one === 'warning');
}

function isAccount(it: unknown, kind: Kind): boolean {
  const isClear = at(it, 'modifierExtension') === undefined && at(it, 'implicitRules') === undefined;
  const named = all(it, 'identifier').some((one) => {
    const system = String(at(one, 'system')).trim().replace('urn:oid:', '');
    return String(at(one, 'value')).trim() === ID && system === NATIONAL.slice('urn:oid:'.length);
  });
  if (!isClear || !named || !Array.isArray(at(it, 'identifier'))) return false;
  const active = at(it, 'active');
  if (kind === 'withdrawal') return active === false;
  const names = all(it, 'name');
  const mails = all(it, 'telecom').filter((one) => at(one, 'system') === 'email');
  return (
    (active === true || active === undefined) &&
    alike(
      'Lefèvre-Imaginaire',
      names.flatMap((one) => all(one, 'family')),
    ) &&
    alike(
      'Zoé',
      names.flatMap((one) => all(one, 'given')),
    ) &&
    alike(
      'zoe@regulation.example',
      mails.flatMap((one) => all(one, 'value')),
    )
  );
}

function isYes({ status, headers, body }: Answer, kind: Kind, isWhole: boolean): boolean {
  if (status === 204) return true;
  if (![200, 201].includes(status) || !isWhole) return false;
  let plain = body;
  try {
    if (headers['content-encoding'] === 'gzip' && body.length > 0) plain = gunzipSync(body);
  } catch {
    return false;
  }
  return readings(plain).some((text) => isYesText(text, kind));
}

// The run.

async function judge(answer: Answer, kind: Kind, isWhole: boolean): Promise<string> {
  vendor.handler = (request, response) => {
    request.resume().on('end', () => {
      const { status, headers, body } = answer;
      response.writeHead(status, { ...headers, 'content-length': String(body.length + (isWhole ? 0 : 9)) });
      response.write(body);
      if (isWhole) response.end();
      else response.destroy();
    });
  };
  const regulator = { ...REGULATOR, active: kind !== 'withdrawal' };
  const verdict = await converse(messageOf(kind), regulator, {
    id: 'x',
    editor: 'agenda-test',
    budgetMs: 5_000,
    former: [],
    isUrgent: false,
    send: (request) => accounts.send(request, {}) as Promise<AccountReply>,
  });
  return verdict.kind === 'yes' ? 'done' : verdict.reason;
}

test(`only the guide’s yes is done, whatever a vendor answers (seed ${SEED})`, async () => {
  const reasons = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(
      answers,
      async ({ kind, status, bend, isOurs, isEmpty, prefix, encoding, type, zip, edits, isCut }) => {
        const active = (kind !== 'withdrawal') === isOurs;
        const text = encode(bodyOf(bend, active, prefix, isEmpty), encoding);
        const whole = bendBytes(zip === 'yes' ? gzipSync(text) : text, edits);
        const hasBody = status !== 204;
        const body = hasBody ? whole : Buffer.alloc(0);
        const headers = { 'content-type': type, ...(zip === 'no' ? {} : { 'content-encoding': 'gzip' }) };
        const answer = { status, headers, body };
        const isWhole = !isCut || !hasBody;
        const said = await judge(answer, kind, isWhole);
        reasons.set(said, (reasons.get(said) ?? 0) + 1);
        if (said === 'done') expect(isYes(answer, kind, isWhole), 'done without a yes').toBe(true);
        const isPlain =
          edits.length === 0 &&
          zip === 'no' &&
          prefix.trim() === '' &&
          (encoding === 'utf8' || type.includes('8859'));
        if (isPlain && encoding !== 'utf16' && isYes(answer, kind, isWhole)) expect(said).toBe('done');
      },
    ),
    { seed: SEED, numRuns: RUNS, endOnFailure: false },
  );
  expect(reasons.get('done'), 'some are done').toBeGreaterThan(0);
  for (const reason of ['unconfirmed', 'other-right', 'not-json']) {
    expect(reasons.get(reason), `some end as ${reason}`).toBeGreaterThan(0);
  }
});
