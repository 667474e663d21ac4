// A relay's key is renewed: its name stays (`kid` is the relayId), so for a while the edge knows two keys of one name.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { RelayKeys, ScriptedRelay } from '../../support/doubles/scripted-relay.ts';
import { System } from '../../support/scenes/system.ts';

const old = new RelayKeys('relay-a');
const renewed = new RelayKeys('relay-a');
const stranger = new RelayKeys('relay-a');

let system: System;

beforeAll(async () => {
  const keys = [old, renewed].flatMap(({ settings }) => JSON.parse(settings.RELAY_JWKS ?? '').keys);
  const settings = { RELAY_JWKS: JSON.stringify({ keys }) };
  system = await System.start({ vendors: [], relay: false, settings });
});

afterAll(() => system?.stop());

it.each([
  ['the old key', old],
  ['the renewed one', renewed],
])('knows a relay by %s while both stand under its name', async (_name, keys) => {
  const relay = await ScriptedRelay.join(system.url, keys, 'relay-a', ['agenda-s']);
  const gone = new Promise((resolve) => relay.socket.once('close', resolve));
  relay.close();
  await gone;
});

it('refuses a third key of that name', async () => {
  await expect(ScriptedRelay.join(system.url, stranger, 'relay-a', ['agenda-s'])).rejects.toThrow('401');
});
