// Opens a web page as a browser would, without certificate, cookie or script, following a few redirections. The
// vendor's own authority is trusted beside the public ones, so that test environments can be read too.

import { readFileSync } from 'node:fs';
import { rootCertificates, TLSSocket } from 'node:tls';
import { Agent, buildConnector, request } from 'undici';
import type { EditorConfig } from '../../relay/base/config.ts';
import type { Failure } from './exchange.ts';
import { SocketWatch } from './transport-end.ts';

const REDIRECTS_MAX = 5;
const PAGE_BYTES_MAX = 512 * 1024;
const HEADERS = { accept: 'text/html,application/xhtml+xml', 'accept-language': 'fr' };

export interface Page {
  readonly status: number;
  readonly host: string;
  readonly html: boolean;
  readonly raw: string;
  /** Without tags or scripts, blanks joined. */
  readonly text: string;
}

/** The page, or why there is none. */
export async function openPage(url: URL, editor: EditorConfig, timeoutMs: number): Promise<Page | Failure> {
  const ca = [...rootCertificates, readFileSync(editor.caFile, 'utf8')];
  const watch = new SocketWatch();
  const dial = buildConnector({ ca });
  const agent = new Agent({
    connect: (options, callback) =>
      dial(options, (...args) => {
        const [, socket] = args;
        if (socket instanceof TLSSocket) watch.follow(socket);
        callback(...args);
      }),
  });
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    let next = url;
    for (let hops = 0; hops <= REDIRECTS_MAX; hops += 1) {
      const response = await request(next, { dispatcher: agent, headers: HEADERS, signal });
      const { location } = response.headers;
      if (response.statusCode >= 300 && response.statusCode < 400 && typeof location === 'string') {
        await response.body.dump();
        const target = URL.parse(location, next.href);
        if (target === null || !/^https?:$/.test(target.protocol))
          return { reason: 'redirect', code: 'adresse illisible' };
        next = target;
        continue;
      }
      const type = String(response.headers['content-type'] ?? '');
      const raw = await readStart(response.body);
      const html = /^(text\/html|application\/xhtml\+xml)/i.test(type);
      return { status: response.statusCode, host: next.host, html, raw, text: readText(raw) };
    }
    return { reason: 'redirect', code: `plus de ${REDIRECTS_MAX}` };
  } catch (error) {
    if (signal.aborted) return { reason: 'timeout', code: undefined };
    return watch.describe(error as Error);
  } finally {
    agent.destroy().catch(() => {});
  }
}

async function readStart(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= PAGE_BYTES_MAX) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Titles and alternative texts count: a logo often says whose page it is. */
function readText(raw: string): string {
  return raw
    .replace(/<(script|style)\b[\s\S]*?<\/\1\s*>/gi, ' ')
    .replace(/<[^>]*\balt="([^"]{0,200})"[^>]*>/gi, ' $1 ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(?:nbsp|#160);/g, ' ')
    .replace(/&eacute;/g, 'é')
    .replace(/&egrave;/g, 'è')
    .replace(/\s+/g, ' ')
    .trim();
}
