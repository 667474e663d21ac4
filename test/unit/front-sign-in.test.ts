// The pure parts of the front's sign-in: hashed secrets, the guard over tries, the brake, what is remembered, doors.
import { describe, expect, it } from 'vitest';
import { createAllowance } from '../../worker/front/allowance.ts';
import { isServerDoor } from '../../worker/front/front-door.ts';
import { orAfter, remember } from '../../worker/front/remembered.ts';
import { hashSecret, isSameText, isSecretOf } from '../../worker/front/secret-hash.ts';
import { createSignInGuard } from '../../worker/front/sign-in-guard.ts';

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
    const judge = createSignInGuard();
    for (let i = 0; i < 20; i += 1) expect(await judge(wrong, 0)).toBe('wrong');
    expect(await judge(wrong, 0)).toBe('too-many');
    expect(await judge(wrong, 2_999)).toBe('too-many');
    expect(await judge(wrong, 3_000)).toBe('wrong');
    expect(await judge(wrong, 3_000)).toBe('too-many');
  });

  it('holds up neither another address nor a pair that it knows', async () => {
    const judge = createSignInGuard();
    expect(await judge(attempt, 0)).toBe('right');
    for (let i = 0; i < 25; i += 1) await judge(wrong, 0);
    expect(await judge(wrong, 0)).toBe('too-many');
    expect(await judge(attempt, 0)).toBe('right');
    expect(await judge({ ...attempt, address: '192.0.2.2' }, 0)).toBe('right');
    expect(await judge({ ...wrong, address: '192.0.2.2' }, 0)).toBe('wrong');
  });

  it('knows a pair for ten minutes after its last use, and not under another secret', async () => {
    const judge = createSignInGuard();
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

describe('an allowance', () => {
  it('counts each source apart', () => {
    const allowance = createAllowance({ max: 2, everyMs: 1_000 });
    allowance.spend('a', 0);
    expect(allowance.isSpent('a', 0)).toBe(false);
    allowance.spend('a', 0);
    expect(allowance.isSpent('a', 0)).toBe(true);
    expect(allowance.isSpent('b', 0)).toBe(false);
    expect(allowance.isSpent('a', 999)).toBe(true);
    expect(allowance.isSpent('a', 1_000)).toBe(false);
  });
});

describe('what is remembered', () => {
  const db = {} as Parameters<ReturnType<typeof remember>['read']>[0];
  const counting = (answers: readonly (number | Error)[]) => {
    let asked = 0;
    const memory = remember<number>({
      freshMs: 1_000,
      patienceMs: 50,
      load: async () => {
        const answer = answers[asked] ?? new Error('no more');
        asked += 1;
        if (answer instanceof Error) throw answer;
        return answer;
      },
    });
    return { memory, asked: () => asked };
  };

  it('is read once while fresh, again when aged or forgotten', async () => {
    const { memory, asked } = counting([1, 2, 3]);
    expect(await memory.read(db, 0)).toBe(1);
    expect(await memory.read(db, 999)).toBe(1);
    expect(await memory.read(db, 1_000)).toBe(2);
    memory.forget();
    expect(await memory.read(db, 1_000)).toBe(3);
    expect(asked()).toBe(3);
  });

  it('stays when the store fails, and fails when nothing is known', async () => {
    const { memory } = counting([1, new Error('away'), 3]);
    expect(await memory.read(db, 0)).toBe(1);
    expect(await memory.read(db, 5_000)).toBe(1);
    expect(await memory.read(db, 5_000)).toBe(3);
    await expect(counting([new Error('away')]).memory.read(db, 0)).rejects.toMatchObject({
      reason: 'storage-unavailable',
    });
  });

  it('a read that began before a change does not outlive it', async () => {
    const gate = Promise.withResolvers<number>();
    const values: Promise<number>[] = [gate.promise, Promise.resolve(2)];
    const memory = remember<number>({
      freshMs: 1_000,
      patienceMs: 50,
      load: () => values.shift() ?? Promise.reject(new Error('no more')),
    });
    const early = memory.read(db, 0);
    memory.forget();
    gate.resolve(1);
    expect(await early).toBe(1);
    expect(await memory.read(db, 0)).toBe(2);
  });

  it('is answered in time when the store hangs', async () => {
    expect(await orAfter(new Promise<number>(() => undefined), 5, 7)).toBe(7);
  });
});

describe('doors', () => {
  const doors = (browsers: string[], servers: string[]) =>
    ({ browserHosts: new Set(browsers), serverHosts: new Set(servers) }) as unknown as Parameters<
      typeof isServerDoor
    >[0];

  it.each([
    ['none named', [], [], 'any.example', true],
    ['a browsers’ host', ['b.example'], [], 'b.example', false],
    ['another than the browsers’', ['b.example'], [], 'any.example', true],
    ['the server’s host', ['b.example'], ['s.example'], 's.example', true],
    ['neither', ['b.example'], ['s.example'], 'any.example', false],
    ['both: the browsers’ wins', ['x.example'], ['x.example'], 'x.example', false],
  ] as const)('%s', (_, browsers, servers, host, isServer) => {
    expect(isServerDoor(doors([...browsers], [...servers]), host)).toBe(isServer);
  });
});
