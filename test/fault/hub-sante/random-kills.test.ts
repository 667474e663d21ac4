// Claim: whatever dies, is cut off or falls silent, each version of an appointment that was acknowledged to its vendor reaches its
// LRM at least once and in order, or is shown undelivered with its reason. Phases: vendors write while the edge, two relays and a
// RabbitMQ, all real programs, are killed and start again, ways between them are cut, the Hub refuses, the LRM acknowledges twice,
// late or never; then all is well. End state: the oracle of test/support/outbox/kill/oracle.ts. The same over models, 2,000 times:
// test/fuzz/outbox-histories.test.ts. KILL_HISTORIES=n for more; FUZZ_SEED replays what is drawn, not the machine's pace.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KillHistory } from '../../support/outbox/kill/history.ts';
import { judgeKills, KillTally } from '../../support/outbox/kill/oracle.ts';
import { KillScene } from '../../support/outbox/kill/scene.ts';
import { Random } from '../../support/samples/vendor-answers/random.ts';
import { hubSanteMissing } from '../../support/scenes/hub-sante-scene.ts';
import { SEED } from '../../support/seed.ts';

const HISTORIES = Number(process.env.KILL_HISTORIES ?? 2);

describe.skipIf(hubSanteMissing || process.platform !== 'linux')('programs that are killed', () => {
  let scene: KillScene;
  beforeAll(async () => {
    scene = await KillScene.start();
  });
  afterAll(() => scene?.close());

  it(
    `tell the LRM each version in order, or show why not (${HISTORIES} histories, seed ${SEED})`,
    async () => {
      const tally = new KillTally();
      for (let count = 0; count < HISTORIES; count += 1) {
        const seed = SEED + count;
        try {
          await judgeKills(scene, await KillHistory.play(scene, new Random(seed)), tally);
        } catch (cause) {
          throw new Error(`FUZZ_SEED=${seed} KILL_HISTORIES=1: ${String(cause)}`, { cause });
        }
      }
      console.info(`random kills: ${JSON.stringify(Object.fromEntries(tally.counts))}`);
      for (const what of ['acknowledged', 'acked']) {
        expect(tally.counts.get(what) ?? 0, what).toBeGreaterThan(HISTORIES);
      }
    },
    300_000 * Math.max(1, HISTORIES),
  );
});
