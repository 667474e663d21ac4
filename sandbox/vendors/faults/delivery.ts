// Sends an answer, soundly or as the delivery faults say: by drops, cut, compressed, endless, reset.

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Exchange, Reply } from '../exchange.ts';
import type { TakenFault } from './faults.ts';
import { deliverHostile } from './hostile.ts';

const MEGABYTE = 1 << 20;
const CHUNK_BYTES = 64 << 10;
const gzipAsync = promisify(gzip);

export async function deliver(
  exchange: Exchange,
  reply: Reply,
  faults: readonly TakenFault[],
  reset: (exchange: Exchange) => void,
): Promise<void> {
  let changed = reply;
  for (const fault of faults) changed = await alterReply(changed, fault);
  for (const fault of faults) {
    switch (fault.kind) {
      case 'hang-body':
        return hangBody(exchange, changed);
      case 'drip':
        return drip(exchange, changed, fault.number('bytes'), fault.number('everyMs'));
      case 'huge':
        return sendHuge(exchange, changed, fault.number('megabytes'));
      case 'hostile':
        return deliverHostile(exchange, changed, fault.text('form'));
      case 'reset':
        return resetHalfway(exchange, changed, reset);
      default:
    }
  }
  exchange.send(changed);
}

async function alterReply(reply: Reply, fault: TakenFault): Promise<Reply> {
  switch (fault.kind) {
    case 'truncated': {
      const bytes = Buffer.from(reply.body);
      return { ...reply, body: bytes.subarray(0, Math.floor(bytes.length / 2)) };
    }
    case 'content-type':
      return { ...reply, headers: { ...reply.headers, 'Content-Type': fault.text('value') } };
    case 'latin1':
      return writeLatin1(reply, fault.text('charset'));
    case 'gzip':
      return compress(reply, Buffer.from(reply.body));
    case 'gzip-bomb':
      // Blanks before a sound body: valid JSON for whoever has room for it.
      return compress(
        reply,
        Buffer.concat([Buffer.alloc(fault.number('megabytes') * MEGABYTE, ' '), Buffer.from(reply.body)]),
      );
    case 'deep': {
      const levels = fault.number('levels');
      const body = `{"resourceType":"Bundle","type":"searchset","entry":${'['.repeat(levels)}${']'.repeat(levels)}}`;
      return { ...reply, body };
    }
    default:
      return reply;
  }
}

/** What ISO-8859-1 cannot write becomes a question mark, as servers do. */
function writeLatin1(reply: Reply, charset: string): Reply {
  const [type = 'application/fhir+json'] = (reply.headers['Content-Type'] ?? '').split(';');
  const text = Buffer.from(reply.body).toString('utf8');
  const body = Buffer.from(text.replace(/[\u0100-\uffff]/g, '?'), 'latin1');
  const named = charset === 'none' ? type : `${type}; charset=${charset}`;
  return { ...reply, headers: { ...reply.headers, 'Content-Type': named }, body };
}

async function compress(reply: Reply, body: Buffer): Promise<Reply> {
  return { ...reply, headers: { ...reply.headers, 'Content-Encoding': 'gzip' }, body: await gzipAsync(body) };
}

async function hangBody(exchange: Exchange, reply: Reply): Promise<never> {
  exchange.start(reply);
  return exchange.waitForever();
}

async function drip(exchange: Exchange, reply: Reply, count: number, everyMs: number): Promise<void> {
  exchange.start(reply);
  const bytes = Buffer.from(reply.body);
  const step = Math.max(1, Math.floor(count));
  for (let at = 0; at < bytes.length; at += step) {
    await exchange.write(bytes.subarray(at, at + step));
    await exchange.wait(everyMs);
  }
  exchange.response.end();
}

/** A sound searchset, without a length: the same entry again and again. */
async function sendHuge(exchange: Exchange, reply: Reply, megabytes: number): Promise<void> {
  exchange.response.writeHead(reply.status, reply.headers);
  const entry = '{"resource":{"resourceType":"Basic","code":{"text":"remplissage"}}}';
  const chunk = Buffer.from(`,${entry}`.repeat(Math.ceil(CHUNK_BYTES / entry.length)));
  await exchange.write(`{"resourceType":"Bundle","type":"searchset","entry":[${entry}`);
  for (let sent = 0; sent < megabytes * MEGABYTE; sent += chunk.length) await exchange.write(chunk);
  exchange.response.end(']}');
}

async function resetHalfway(
  exchange: Exchange,
  reply: Reply,
  reset: (exchange: Exchange) => void,
): Promise<never> {
  exchange.start(reply);
  const bytes = Buffer.from(reply.body);
  await exchange.flush(bytes.subarray(0, Math.max(1, Math.floor(bytes.length / 2))));
  reset(exchange);
  return exchange.waitForever();
}
