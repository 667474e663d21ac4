// The main module of the edge under workerd, around the Worker's bundle: the Worker as it is, and the entrypoint `control`,
// which the host alone reaches, by a Unix socket in a folder of its own. It counts the requests under way, so that a runtime
// that makes room for the next one ends when the last of them has.

/** A request whose caller left may never settle: after so long it counts no more. The longest that the Worker does is a search. */
const FORGOTTEN_MS = 30_000;
/** Idle is what is seen idle so often in a row. */
const LOOKS = 3;
const LOOK_MS = 50;

/**
 * `GET /alive`: the isolate answers; the schedule is planned if it was not. `GET /idle`: a line when it begins to count, and
 * the end once nothing is under way, links of relays apart. `POST /scheduled?at=MS&cron=TEXT`: runs the
 * schedule as worker/index.ts says; 500 when a step failed. Names of hubs and their calls: worker/hub/reach/one-hub.ts.
 */
export const ENTRY = `
import worker from './worker.js';
export * from './worker.js';

const underWay = new Set();

export default {
  ...worker,
  async fetch(request, env, context) {
    const one = { sinceMs: Date.now() };
    if (request.headers.get('upgrade') === null) underWay.add(one);
    request.signal.addEventListener('abort', () => underWay.delete(one));
    try {
      return await worker.fetch(request, env, context);
    } finally {
      underWay.delete(one);
    }
  },
};

async function isIdle(env) {
  for (const one of underWay) if (Date.now() - one.sinceMs < ${FORGOTTEN_MS}) return false;
  for (let index = 0; index < Number(env.HUBS ?? 1); index += 1) {
    const hub = env.RELAY_HUB.get(env.RELAY_HUB.idFromName(index === 0 ? 'hub' : 'hub-' + index));
    const { value } = await hub.call({ protocol: 0, method: 'describe', args: [] });
    if (value !== undefined && value.searches > 0) return false;
  }
  return true;
}

async function tellIdle(env, writer) {
  await writer.write(new TextEncoder().encode('counting\\n'));
  for (let looks = 0; looks < ${LOOKS}; looks = (await isIdle(env)) ? looks + 1 : 0) {
    await new Promise((resolve) => setTimeout(resolve, ${LOOK_MS}));
  }
  await writer.close();
}

export const control = {
  async fetch(request, env, context) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/alive') {
      context.waitUntil(env.SCHEDULER.get(env.SCHEDULER.idFromName('schedule')).start());
      return new Response('alive');
    }
    if (pathname === '/idle') {
      const { readable, writable } = new TransformStream();
      context.waitUntil(tellIdle(env, writable.getWriter()));
      return new Response(readable);
    }
    if (pathname === '/scheduled' && request.method === 'POST') {
      const run = { scheduledTime: Number(searchParams.get('at')), cron: searchParams.get('cron') ?? '' };
      const isDone = await worker.scheduled(run, env, context).then(() => true, () => false);
      return new Response(null, { status: isDone ? 200 : 500 });
    }
    return new Response(null, { status: 404 });
  },
};
`;
