// A relay's token is good once: also for a hub that starts again, and whatever another relay does.
import { expect, test } from 'vitest';
import {
  LINK_TOKENS_MAX,
  RELAY_TOKENS_MAX,
  UsedTokens,
  VENDOR_TOKENS_MAX,
  VENDOR_TOKENS_SURE,
} from '../../../worker/hub/link/used-tokens.ts';
import { HubStorage } from '../../../worker/hub/vendors/hub-storage.ts';

/** The platform's storage, as far as HubStorage calls it. */
function makeStorage() {
  const values = new Map<string, unknown>();
  const storage = {
    list: async ({ prefix }: { prefix: string }) =>
      new Map([...values].filter(([key]) => key.startsWith(prefix)).sort()),
    put: async (entries: Record<string, unknown>) => {
      for (const [key, value] of Object.entries(entries)) values.set(key, value);
    },
    delete: async (keys: readonly string[]) => {
      for (const key of keys) values.delete(key);
    },
  };
  return { values, storage: new HubStorage(storage as never) };
}

const token = (jti: string, untilMs = 1_000, relay = 'relay-a') => ({ relay, jti, untilMs });

test('a token is used once, by one request, however often that one asks', () => {
  const tokens = new UsedTokens(makeStorage().storage);
  expect(tokens.take(token('a'), 'request-1', 0)).toBe('first');
  expect(tokens.take(token('a'), 'request-1', 0)).toBe('first');
  expect(tokens.take(token('a'), 'request-2', 0)).toBe('used');
  expect(tokens.take(token('b'), 'request-2', 0)).toBe('first');
  expect(tokens.take(token('a', 1_000, 'relay-b'), 'request-3', 0)).toBe('first');
});

test('a hub that starts again knows what was used, whatever the relay is called', async () => {
  const { storage } = makeStorage();
  const before = new UsedTokens(storage);
  before.take(token('a', 1_000, 'site/relay'), 'request-1', 0);
  const after = new UsedTokens(storage);
  await after.load();
  expect(after.take(token('a', 1_000, 'site/relay'), 'request-2', 0)).toBe('used');
});

test('each relay has room for so many, forgets what has ended, and takes none of another', () => {
  const tokens = new UsedTokens(makeStorage().storage);
  for (let i = 0; i < LINK_TOKENS_MAX; i += 1) tokens.take(token(`t${i}`), 'r', 0);
  expect(tokens.take(token('more'), 'r', 0)).toBe('full');
  expect(tokens.take(token('more', 1_000, 'relay-b'), 'r', 0)).toBe('first');
  expect(tokens.take(token('t0'), 'another', 1_000)).toBe('used');
  expect(tokens.take(token('later', 2_000), 'r', 1_001)).toBe('first');
});

test('a vendor at its share takes nothing of another, and all of them nothing of the links', () => {
  const tokens = new UsedTokens(makeStorage().storage);
  const send = (editor: string, count: number) => {
    const verdicts = Array.from({ length: count }, (_, i) =>
      tokens.take(token(`${editor}-${i}`), 'r', 0, editor),
    );
    return verdicts.filter((verdict) => verdict === 'first').length;
  };
  // At 50 a second for as long as a token is remembered.
  for (const editor of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) expect(send(editor, 7_500)).toBe(7_500);
  expect(send('flood', VENDOR_TOKENS_MAX + 1)).toBe(VENDOR_TOKENS_MAX);
  for (let i = 0; i * VENDOR_TOKENS_MAX < RELAY_TOKENS_MAX; i += 1) send(`more-${i}`, VENDOR_TOKENS_MAX);
  expect(send('quiet', VENDOR_TOKENS_SURE + 1)).toBe(VENDOR_TOKENS_SURE);
  expect(tokens.take(token('dial'), 'r', 0)).toBe('first');
  expect(tokens.take(token('a-0'), 'another', 0)).toBe('used');
  expect(tokens.take(token('a-later', 2_000), 'r', 1_001, 'flood')).toBe('first');
});
