// V1..V31 of ANS's kit (docs/guide.md G-407) twice over: at the gateway's own face, in the kit's order, and from
// the gateway to simulated vendors over mTLS, which keep accounts by the same rules. After each row that is accepted
// the regulator logs in, and every vendor then holds what the kit has just said.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACCOUNT_STEPS, type AccountRequest, type Stage } from '../../conformance/calls/account-steps.ts';
import { AccountScene, type Reply, type Written } from '../support/scenes/accounts-scene.ts';
import { until } from '../support/wait/until.ts';

const uuid = (digit: number): string => `${String(digit).repeat(8)}-aaaa-4aaa-8aaa-aaaaaaaaaaaa`;
const STAGE: Stage = {
  national: '3456780581/11242343',
  changed: '3456780581/11242344',
  email: 'camille.imaginaire@regulation.example',
  uuid: [uuid(1), uuid(2), uuid(3), uuid(4), uuid(5), uuid(6)],
};
const VENDORS = ['agenda-a', 'agenda-b'];

const EXPECTED = {
  created: (status: number) => status === 201,
  written: (status: number) => status === 200 || status === 201,
  accepted: (status: number) => status >= 200 && status < 400,
  refused: (status: number) => status >= 400,
} as const;

let scene: AccountScene;
/** Regulators that logged in at least once: only these have accounts at vendors. */
const known = new Set<string>();

beforeAll(async () => {
  scene = await AccountScene.start({ vendors: [{ seed: 1 }, { seed: 2 }] });
});

afterAll(() => scene.stop());

function send({ query, body }: AccountRequest): Promise<Reply<Written>> {
  return query === undefined ? scene.post(body) : scene.put(query, body);
}

/** The account is at each vendor as the kit wrote it; one that was never made is not made to be closed. */
async function checkForwarded({ body }: AccountRequest, id: string): Promise<void> {
  const [identifier] = body.identifier ?? [];
  if (identifier === undefined) throw new Error('an accepted body has an identifier');
  if (body.active === true) {
    const answer = await scene.logIn(id);
    for (const { state } of answer.values()) expect(['done', 'unchanged']).toContain(state);
    known.add(id);
  }
  for (const vendor of VENDORS) {
    if (!known.has(id)) {
      expect(scene.held(vendor, identifier)).toEqual([]);
      continue;
    }
    await until(`${vendor} has it`, () => scene.held(vendor, identifier)[0]?.active === body.active);
    expect(scene.held(vendor, identifier)).toMatchObject([
      { family: body.name?.[0]?.family, given: body.name?.[0]?.given[0], email: body.telecom?.[0]?.value },
    ]);
  }
}

describe('the kit, in its order, at the gateway and at the vendors behind it', () => {
  test.each(ACCOUNT_STEPS.map((step) => [step.requirement.id, step] as const))('%s', async (_id, step) => {
    const requests = step.requests(STAGE);
    const replies: Reply<Written>[] = [];
    for (const request of requests) {
      const reply = await send(request);
      replies.push(reply);
      if (reply.status < 300) await checkForwarded(request, reply.body.id ?? '');
    }
    const last = replies.at(-1);
    expect(EXPECTED[step.expects](last?.status ?? 0), `${last?.status}`).toBe(true);
    for (const earlier of replies.slice(0, -1)) expect(earlier.status).toBe(201);
    if (step.expects === 'refused') expect(last?.body.issue?.[0]?.severity).toBe('error');
    else expect(last?.headers.get('location')).toMatch(/\/fhir\/Practitioner\/[A-Za-z0-9.-]{1,64}$/);
  });

  test('leaves one keyed account for each identifier, none of them twice', () => {
    for (const vendor of VENDORS) {
      const keys = scene.system
        .vendor(vendor)
        .accounts()
        .flatMap(({ key }) => key ?? []);
      expect(new Set(keys).size).toBe(keys.length);
    }
  });
});
