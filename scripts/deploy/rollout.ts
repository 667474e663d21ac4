// One version takes the place of another: first at 0 %, where only the smoke test reaches it, then in steps; at the first
// failure the old one has everything again. A Worker that is new, or whose objects migrate, is deployed at once.

import { setTimeout as wait } from 'node:timers/promises';
import { expectServing, type Smoke } from './smoke.ts';
import { type Wrangler, WranglerFailure } from './wrangler.ts';

/** Between two looks at a step that lasts. */
const LOOK_MS = 10_000;

export interface Rollout {
  readonly smoke: Smoke;
  /** Percentages, rising, the last 100. */
  readonly steps: readonly number[];
  /** How long each step but the last is watched. */
  readonly stepMs: number;
  /** Words after the command that makes the version: secrets, what it is. */
  readonly making: readonly string[];
}

const CONFIG = ['--config', 'wrangler.json'];

/**
 * The version that serves, to go back to. @returns undefined when the Worker is not there. @throws Error when two versions
 * share the traffic: somebody else is deploying, or went away.
 */
export async function readServing(wrangler: Wrangler, isThere: boolean): Promise<string | undefined> {
  if (!isThere) return undefined;
  const status = (await wrangler.read('deployments', 'status', '--json', ...CONFIG)) as {
    readonly versions: readonly { readonly version_id: string; readonly percentage: number }[];
  };
  const [one, ...others] = status.versions;
  if (one === undefined || others.length > 0) {
    const parts = status.versions.map(({ version_id, percentage }) => `${version_id}@${percentage}%`);
    throw new Error(
      `Un déploiement est en cours (${parts.join(', ')}) : le finir ou l'annuler d'abord, par wrangler versions deploy VERSION@100%.`,
    );
  }
  return one.version_id;
}

/** @returns the id of the version that serves. @throws Error after the old one was given everything again. */
export async function rollOut(wrangler: Wrangler, old: string, rollout: Rollout): Promise<string> {
  const version = await uploadVersion(wrangler, rollout);
  const share = (percent: number): Promise<string> =>
    wrangler.run(
      'versions',
      'deploy',
      `${version}@${percent}%`,
      ...(percent < 100 ? [`${old}@${100 - percent}%`] : []),
      '--yes',
      ...CONFIG,
    );
  await orGoBack(wrangler, old, async () => {
    for (const percent of [0, ...rollout.steps]) {
      await share(percent);
      await expectServing(rollout.smoke, version);
      if (percent > 0 && percent < 100) await watch(rollout, version);
    }
    // Whoever comes by the routes gets it too.
    await wrangler.run('triggers', 'deploy', ...CONFIG);
    await expectServing(rollout.smoke, undefined);
  });
  return version;
}

/** Of a Worker that is new (`old` undefined), or whose change cannot be shared. @returns and @throws like rollOut. */
export async function deployAtOnce(
  wrangler: Wrangler,
  old: string | undefined,
  rollout: Rollout,
): Promise<string> {
  const version = await wrangler.make('deploy', ...rollout.making, ...CONFIG);
  await orGoBack(wrangler, old, () => expectServing(rollout.smoke, undefined));
  return version;
}

async function uploadVersion(wrangler: Wrangler, { making }: Rollout): Promise<string> {
  try {
    return await wrangler.make('versions', 'upload', ...making, ...CONFIG);
  } catch (cause) {
    if (!(cause instanceof WranglerFailure) || !/migration/i.test(cause.message)) throw cause;
    throw new Error(
      `${cause.message}\nUne migration d'objets durables ne se partage pas : déployer avec --at-once.`,
    );
  }
}

async function watch({ smoke, stepMs }: Rollout, version: string): Promise<void> {
  for (const endMs = Date.now() + stepMs; Date.now() < endMs; ) {
    await wait(Math.min(LOOK_MS, stepMs));
    await expectServing(smoke, version);
  }
}

async function orGoBack(
  wrangler: Wrangler,
  old: string | undefined,
  deploy: () => Promise<void>,
): Promise<void> {
  try {
    await deploy();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    if (old === undefined) {
      throw new Error(`${why}\nC'est la première version : il n'y en a pas d'autre à remettre.`);
    }
    try {
      await wrangler.run('versions', 'deploy', `${old}@100%`, '--yes', ...CONFIG);
    } catch (failure) {
      const then = failure instanceof Error ? failure.message : String(failure);
      throw new Error(
        `${why}\nLA VERSION D'AVANT N'A PAS PU ÊTRE REMISE : wrangler versions deploy ${old}@100%\n${then}`,
      );
    }
    throw new Error(
      `${why}\nLa version d'avant (${old}) sert de nouveau ; les bases gardent leurs migrations.`,
    );
  }
}
