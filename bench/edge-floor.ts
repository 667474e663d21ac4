// What a local edge costs before it does anything: CPU of a bare Worker in the same workerd that answers at once, and of
// one that first makes one D1 statement. On Cloudflare D1 runs elsewhere; here its imitation shares the edge's process.

import { Miniflare } from 'miniflare';
import { COMPATIBILITY_DATE } from '../host/runtime/edge-config.ts';
import { findChild, readCpuSeconds } from './cpu.ts';
import { Load } from './load.ts';

/** CPU seconds per 1,000 requests; NaN where CPU cannot be read. */
export interface EdgeFloor {
  readonly emptyS: number;
  /** What the statement adds. */
  readonly statementS: number;
}

const WORKER = `export default {
  async fetch(request, env) {
    if (request.url.endsWith('/statement')) {
      await env.DB.batch([env.DB.prepare('SELECT value FROM json_each(?1)').bind('[1]')]);
    }
    return new Response('{"resourceType":"Bundle"}');
  },
};`;
const CONCURRENCY = 16;
const WARM_UPS = 1_000;
const REQUESTS = 4_000;
const LIMIT_MS = 30_000;

export async function measureEdgeFloor(): Promise<EdgeFloor> {
  const miniflare = new Miniflare({
    name: 'floor',
    modules: true,
    script: WORKER,
    compatibilityDate: COMPATIBILITY_DATE,
    d1Databases: { DB: 'floor' },
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
    cf: false,
  });
  try {
    await miniflare.ready;
    const { origin } = await miniflare.unsafeGetDirectURL();
    const pid = await findChild('workerd');
    const emptyS = await cpuOf(origin, '/', pid);
    return { emptyS, statementS: (await cpuOf(origin, '/statement', pid)) - emptyS };
  } finally {
    await miniflare.dispose();
  }
}

async function cpuOf(origin: string, path: string, pid: number | undefined): Promise<number> {
  const load = new Load({ name: 'floor', origin, path, headers: {} }, CONCURRENCY);
  try {
    await load.run({ concurrency: CONCURRENCY, searches: WARM_UPS, limitMs: LIMIT_MS });
    const before = await readCpuSeconds(pid);
    const { samplesMs } = await load.run({ concurrency: CONCURRENCY, searches: REQUESTS, limitMs: LIMIT_MS });
    return (((await readCpuSeconds(pid)) - before) * 1_000) / samplesMs.length;
  } finally {
    await load.close();
  }
}
