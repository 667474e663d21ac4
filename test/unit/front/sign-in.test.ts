// The pure parts of the front's sign-in: hashed secrets, the guard over tries, the brake, doors.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAllowance } from '../../../worker/base/allowance.ts';
import { createSignInGuard, type SignInGuard, type Verdict } from '../../../worker/front/sign-in/guard.ts';
import { hashSecret, isSameText, isSecretOf } from '../../../worker/front/sign-in/secret-hash.ts';
import { type Brakes, SignInBrakes, sourcesOf } from '../../../worker/gate/brakes.ts';

type Given = Parameters<SignInGuard['judge']>[0];
type Judge = (given: Given, nowMs: number) => Promise<Verdict>;
const AWAY: Brakes = {
  trySignIn: () => Promise.reject(new Error('away')),
  signedIn: () => Promise.reject(new Error('away')),
};

/** An isolate of its own; `brakes`: what it shares with others. */
function guardAlone(brakes: Brakes = AWAY): Judge {
  const { judge } = createSignInGuard('user');
  return (given, nowMs) => judge(given, { nowMs, brakes, waitUntil: () => undefined });
}

describe('a secret', () => {
  it('is known by its hash, which is never the same twice', async () => {
    const hashes = [await hashSecret('été & hiver'), await hashSecret('été & hiver')];
    expect(hashes[0]).not.toBe(hashes[1]);
    for (const hash of hashes) {
      expect(hash).toMatch(/^pbkdf2-sha256\$100000\$[\w-]{22}\$[\w-]{43}$/);
      expect(await isSecretOf(hash, 'été & hiver')).toBe(true);
      expect(await isSecretOf(hash, 'ete & hiver')).toBe(false);
      expect(await isSecretOf(hash, hash)).toBe(false);
    }
  });

  it('may be plain', async () => {
    expect(await isSecretOf('secret', 'secret')).toBe(true);
    expect(await isSecretOf('secret', 'secret ')).toBe(false);
    expect(await isSameText('', '')).toBe(true);
  });

  it.each(['pbkdf2-sha256$', 'pbkdf2-sha256$100000$$', 'pbkdf2-sha256$9999999$AAAAAAAAAAAAAAAAAAAAAA$x'])(
    'that claims to be a hash and is none, %s, opens nothing',
    async (stored) => {
      for (const given of ['', stored, 'x']) expect(await isSecretOf(stored, given)).toBe(false);
    },
  );
});

describe('the guard', () => {
  const attempt = { name: 'read', secret: 'right', stored: 'right', address: '192.0.2.1' };
  const wrong = { ...attempt, secret: 'wrong' };

  it('lets twenty wrong tries through, then one each three seconds', async () => {
    const judge = guardAlone();
    for (let i = 0; i < 20; i += 1) expect(await judge(wrong, 0)).toBe('wrong');
    expect(await judge(wrong, 0)).toBe('too-many');
    expect(await judge(wrong, 2_999)).toBe('too-many');
    expect(await judge(wrong, 3_000)).toBe('wrong');
    expect(await judge(wrong, 3_000)).toBe('too-many');
  });

  it('holds up neither another address nor a pair that it knows', async () => {
    const judge = guardAlone();
    expect(await judge(attempt, 0)).toBe('right');
    for (let i = 0; i < 25; i += 1) await judge(wrong, 0);
    expect(await judge(wrong, 0)).toBe('too-many');
    expect(await judge(attempt, 0)).toBe('right');
    expect(await judge({ ...attempt, address: '192.0.2.2' }, 0)).toBe('right');
    expect(await judge({ ...wrong, address: '192.0.2.2' }, 0)).toBe('wrong');
  });

  it('knows a pair for ten minutes after its last use, and not under another secret', async () => {
    const judge = guardAlone();
    const minutes = (n: number): number => n * 60_000;
    await judge(attempt, 0);
    await judge(attempt, minutes(9));
    for (let i = 0; i < 25; i += 1) await judge(wrong, minutes(18));
    expect(await judge(attempt, minutes(18))).toBe('right');
    // The stored secret has changed: the old pair is wrong at once.
    expect(await judge({ ...attempt, stored: 'new' }, minutes(18))).toBe('too-many');
    for (let i = 0; i < 25; i += 1) await judge(wrong, minutes(28));
    expect(await judge(attempt, minutes(28))).toBe('too-many');
  });
});

describe('the guard over tries at once', () => {
  // Sixty hashes on a busy machine take longer than the guard waits for one that was lost.
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('lets twenty of sixty wrong secrets be hashed', async () => {
    const judge = guardAlone();
    const stored = await hashSecret('right');
    const attempt = { name: 'read', stored, address: '192.0.2.1' };
    const tries = Array.from({ length: 60 }, (_, i) => judge({ ...attempt, secret: `wrong ${i}` }, 0));
    const verdicts = await Promise.all(tries);
    expect(verdicts.filter((verdict) => verdict === 'wrong')).toHaveLength(20);
    expect(verdicts.filter((verdict) => verdict === 'too-many')).toHaveLength(40);
  });

  it('lets sixty of the right pair through, known or not yet', async () => {
    const judge = guardAlone();
    const attempt = { name: 'read', secret: 'right', stored: await hashSecret('right'), address: '' };
    for (let round = 0; round < 3; round += 1) {
      const verdicts = await Promise.all(Array.from({ length: 60 }, () => judge(attempt, 0)));
      expect(new Set(verdicts)).toEqual(new Set(['right']));
    }
  });

  it('lets a hundred wrong tries of one address through, whatever the names, and still the pair that it knows', async () => {
    const judge = guardAlone();
    const known = { name: 'read', secret: 'right', stored: 'right', address: '192.0.2.1' };
    expect(await judge(known, 0)).toBe('right');
    const verdicts: string[] = [];
    for (let i = 0; i < 130; i += 1) {
      verdicts.push(await judge({ ...known, name: `user ${i}`, stored: 'other' }, 0));
    }
    expect(verdicts.indexOf('too-many')).toBe(100);
    expect(await judge(known, 0)).toBe('right');
    expect(await judge({ ...known, address: '192.0.2.2' }, 0)).toBe('right');
  });
});

describe('the work of a try', () => {
  /** Iterations of the slow hash, and comparisons. */
  async function workOf(stored: string | undefined, secret: string): Promise<number[]> {
    let iterations = 0;
    let digests = 0;
    const { deriveBits, digest } = crypto.subtle;
    const deriving = vi.spyOn(crypto.subtle, 'deriveBits').mockImplementation((how, ...rest) => {
      iterations += (how as { iterations: number }).iterations;
      return deriveBits.call(crypto.subtle, how, ...rest);
    });
    const digesting = vi.spyOn(crypto.subtle, 'digest').mockImplementation((...args) => {
      digests += 1;
      return digest.apply(crypto.subtle, args);
    });
    await guardAlone()({ name: 'read', secret, stored, address: '192.0.2.1' }, 0);
    deriving.mockRestore();
    digesting.mockRestore();
    return [iterations, digests];
  }

  it.each([
    ['a name that nobody has', undefined, 'x'],
    ['a name that nobody has, without a secret', undefined, ''],
    ['a hashed secret, wrong', 'hashed', 'x'],
    ['a hashed secret, right', 'hashed', 'right'],
    ['a plain secret, wrong', 'plain', 'x'],
    ['a plain secret, right', 'plain', 'plain'],
    ['a hash of fewer rounds', `pbkdf2-sha256$1000$${'A'.repeat(22)}$${'A'.repeat(43)}`, 'x'],
    ['a hash that is none', 'pbkdf2-sha256$9999999$x$x', 'x'],
  ])('is the same for %s', async (_, stored, secret) => {
    const kept = stored === 'hashed' ? await hashSecret('right') : stored;
    // The key of the pair, and the two sides of one comparison.
    expect(await workOf(kept, secret)).toEqual([100_000, 3]);
  });
});

describe('guards of several isolates', () => {
  const wrong = { name: 'read', secret: 'wrong', stored: 'right', address: '192.0.2.1' };
  const inTurn = async (judges: readonly Judge[], count: number): Promise<Verdict[]> => {
    const verdicts: Verdict[] = [];
    for (let i = 0; i < count; i += 1) {
      verdicts.push(await judges[i % judges.length]!({ ...wrong, secret: `wrong ${i}` }, 0));
    }
    return verdicts;
  };
  const shared = (): Brakes => {
    const brakes = new SignInBrakes();
    return {
      trySignIn: async (attempt) => brakes.spend(sourcesOf(attempt), 0),
      signedIn: async (attempt) => brakes.giveBack(sourcesOf(attempt)),
    };
  };

  it('let twenty wrong tries through between them', async () => {
    const brakes = shared();
    const verdicts = await inTurn([guardAlone(brakes), guardAlone(brakes), guardAlone(brakes)], 45);
    expect(verdicts.lastIndexOf('wrong')).toBe(19);
  });

  it('let twenty each through while they have nothing in common', async () => {
    const verdicts = await inTurn([guardAlone(), guardAlone()], 45);
    expect(verdicts.lastIndexOf('wrong')).toBe(39);
  });

  it('count no try that was right, wherever it was made', async () => {
    const brakes = shared();
    const right = { ...wrong, secret: 'right' };
    for (let i = 0; i < 30; i += 1) expect(await guardAlone(brakes)(right, 0)).toBe('right');
    expect((await inTurn([guardAlone(brakes)], 25)).lastIndexOf('wrong')).toBe(19);
  });

  it('go on alone when what they share says nothing', async () => {
    const silent = { ...AWAY, trySignIn: () => new Promise<boolean>(() => {}) };
    expect(await guardAlone(silent)({ ...wrong, secret: 'right' }, 0)).toBe('right');
  });
});

describe('an allowance', () => {
  it('counts each source apart', () => {
    const allowance = createAllowance({ max: 2, everyMs: 1_000 });
    expect([allowance.spend('a', 0), allowance.spend('a', 0)]).toEqual([true, true]);
    expect(allowance.spend('a', 0)).toBe(false);
    expect(allowance.spend('b', 0)).toBe(true);
    expect(allowance.spend('a', 999)).toBe(false);
    expect(allowance.spend('a', 1_000)).toBe(true);
    expect(allowance.spend('a', 1_000)).toBe(false);
  });

  it('takes back what was spent for nothing', () => {
    const allowance = createAllowance({ max: 1, everyMs: 1_000 });
    expect(allowance.spend('a', 0)).toBe(true);
    allowance.giveBack('a');
    allowance.giveBack('a');
    allowance.giveBack('b');
    expect([allowance.spend('a', 0), allowance.spend('a', 0)]).toEqual([true, false]);
  });
});
