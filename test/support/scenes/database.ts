// A real D1 in workerd with the Worker's migrations, reached by one request per statement or batch. Miniflare's own way to
// it costs three, two of which stop the whole process: what runs thousands of statements takes this one.

import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { Log, LogLevel, Miniflare } from 'miniflare';
import {
  applyMigrations,
  MIGRATIONS,
  type Database as Migrated,
} from '../../../host/databases/migrations.ts';
import { COMPATIBILITY_DATE } from '../../../host/runtime/edge-config.ts';
import { type Ask, type D1Rows, d1Over } from '../../../sandbox/platform/edge/d1-client.ts';

export interface Database {
  readonly ask: Ask;
  close(): Promise<void>;
}

const SCRIPT = `export default {
  async fetch(request, { DB }) {
    try {
      const statements = await request.json();
      return Response.json(await DB.batch(statements.map(({ sql, values }) => DB.prepare(sql).bind(...values))));
    } catch (error) {
      return new Response(error.message, { status: 500 });
    }
  },
};`;

/** In memory, with the migrations of that folder; it ends with `close`. */
export async function openDatabase(folder = 'core'): Promise<Database> {
  const miniflare = new Miniflare({
    modules: true,
    script: SCRIPT,
    compatibilityDate: COMPATIBILITY_DATE,
    d1Databases: { DB: 'passerelle' },
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
    cf: false,
    log: new Log(LogLevel.ERROR),
  });
  await miniflare.ready;
  const url = await miniflare.unsafeGetDirectURL();
  const agent = new Agent({ keepAlive: true });
  const post = (body: string): Promise<{ status: number; said: string }> =>
    new Promise((resolve, reject) => {
      const sent = request(url, { method: 'POST', agent }, (answer) => {
        text(answer).then((said) => resolve({ status: answer.statusCode ?? 0, said }), reject);
      });
      // Kept connections end when they are idle for five seconds: what this process sent then was never read.
      sent.on('error', (cause) => (sent.reusedSocket ? resolve(post(body)) : reject(cause)));
      sent.end(body);
    });
  const ask: Ask = async (statements) => {
    const { status, said } = await post(JSON.stringify(statements));
    if (status !== 200) throw new Error(said);
    return JSON.parse(said) as D1Rows[];
  };
  await applyMigrations(d1Over(ask) as Migrated, MIGRATIONS, folder);
  return {
    ask,
    close: async () => {
      agent.destroy();
      await miniflare.dispose();
    },
  };
}
