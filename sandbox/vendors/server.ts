// The vendor's HTTPS port: asks for a client certificate without requiring it in the handshake, then routes.
// `/fhir/*` is for callers with an accepted certificate; `/agenda/*` is a page for people, without certificate.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { type Accounts, answerAccount } from './accounts.ts';
import { type Caller, CallerCheck } from './caller.ts';
import { CallerGone, Exchange, type Reply, tlsSocketOf } from './exchange.ts';
import { alterContent } from './faults/content.ts';
import { deliver } from './faults/delivery.ts';
import type { FaultSet, TakenFault } from './faults/faults.ts';
import { answerInstead } from './faults/instead.ts';
import type { Journal } from './journal.ts';
import { describeCapabilities } from './metadata.ts';
import { Refusal, writeOutcome } from './outcome.ts';
import type { Override } from './override.ts';
import { parseBundle, writeBundle } from './search/bundle.ts';
import { FHIR_JSON } from './search/codes.ts';
import type { Pages } from './search/pages.ts';
import type { Practice } from './search/practice.ts';
import { runSearch } from './search/search.ts';

const URL_CHARS_MAX = 8_000;
const KEEP_ALIVE_MS = 30_000;

export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** Revocation lists of the authorities; none: revocation is not checked. */
  readonly crl?: readonly string[];
}

export interface ServerOptions {
  readonly tls: TlsMaterial;
  /** `require` refuses in the handshake instead of answering 403. */
  readonly clientCertificate: 'ask' | 'require';
  readonly tlsMax: 'TLSv1.2' | 'TLSv1.3';
  /** `TLSv1` is what no server may speak any more. */
  readonly tlsMin: 'TLSv1' | 'TLSv1.2';
}

export interface VendorParts {
  readonly practice: () => Practice;
  readonly faults: FaultSet;
  readonly pages: Pages;
  readonly accounts: Accounts;
  readonly journal: Journal;
  readonly override: Override;
  /** Resets the TCP connection of an exchange. */
  readonly reset: (exchange: Exchange) => void;
}

type Route = 'Slot' | 'Schedule' | 'Practitioner' | 'metadata' | 'page' | 'agenda' | 'unknown';

export function makeServer(options: ServerOptions, parts: VendorParts): Server {
  const check = new CallerCheck(options.tls.ca);
  const server = createServer(
    {
      ...options.tls,
      crl: options.tls.crl === undefined ? undefined : [...options.tls.crl],
      requestCert: true,
      rejectUnauthorized: options.clientCertificate === 'require',
      minVersion: options.tlsMin,
      // OpenSSL has no signature left for the old versions otherwise.
      ...(options.tlsMin === 'TLSv1' && { ciphers: 'DEFAULT@SECLEVEL=0' }),
      maxVersion: options.tlsMax,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    (request, response) => {
      void handle(request, response, check, parts);
    },
  );
  server.on('secureConnection', (socket: TLSSocket) =>
    parts.journal.countHandshake(socket.isSessionReused()),
  );
  // A client that refuses us, or speaks something else than TLS, is an ordinary ending.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('clientError', refuseNoise);
  return server;
}

function refuseNoise(error: Error, socket: Duplex): void {
  if (!socket.writable) return void socket.destroy();
  const tooLong = 'code' in error && error.code === 'HPE_HEADER_OVERFLOW';
  socket.end(
    `HTTP/1.1 ${tooLong ? '431 Request Header Fields Too Large' : '400 Bad Request'}\r\nConnection: close\r\n\r\n`,
  );
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  check: CallerCheck,
  parts: VendorParts,
): Promise<void> {
  const socket = tlsSocketOf(request);
  const caller = check.read(socket);
  const route = findRoute(request.url ?? '');
  const exchange = new Exchange(
    request,
    response,
    parts.journal.begin(request, socket, route, caller.identity),
  );
  // Searches have no body: what comes is read and dropped at once.
  if (route !== 'Practitioner') request.resume();
  try {
    await answer(exchange, route, caller, parts);
  } catch (error) {
    if (error instanceof CallerGone) return;
    // Too late to say it: the caller sees the connection end.
    if (response.headersSent) response.destroy();
    else exchange.send(describeFailure(error));
  } finally {
    // A body refused unread would keep the connection from serving the next request.
    request.resume();
  }
}

async function answer(exchange: Exchange, route: Route, caller: Caller, parts: VendorParts): Promise<void> {
  const practice = parts.practice();
  const url = exchange.request.url ?? '';
  if (url.length > URL_CHARS_MAX) throw new Refusal(414, 'too-long', 'adresse trop longue');
  if (route === 'agenda') return exchange.send(showAgenda(practice, url));
  refuseStranger(caller, practice);
  const { method } = exchange.request;
  const writes = route === 'Practitioner';
  if (writes ? method !== 'POST' && method !== 'PUT' : method !== 'GET') {
    const accepted = writes ? 'seuls POST et PUT sont acceptés' : 'seul GET est accepté';
    throw new Refusal(405, 'not-supported', `${accepted} ici`);
  }
  const faults = parts.faults.take(route);
  const instead = await findInstead(exchange, faults, parts);
  if (instead === undefined) await exchange.wait(practice.settings.latencyMs);
  // A fault of delivery loses the answer of an account that was written: the caller cannot tell.
  const made =
    instead ??
    (writes
      ? await answerAccount(exchange, parts.accounts, practice.base, parts.reset)
      : makeReply(exchange, route, faults, parts));
  await deliver(exchange, made, faults, parts.reset);
}

async function findInstead(
  exchange: Exchange,
  faults: readonly TakenFault[],
  parts: VendorParts,
): Promise<Reply | undefined> {
  for (const fault of faults) {
    const reply = await answerInstead(exchange, fault, parts.reset);
    if (reply !== undefined) return reply;
  }
  return undefined;
}

function makeReply(
  exchange: Exchange,
  route: Route,
  faults: readonly TakenFault[],
  parts: VendorParts,
): Reply {
  const practice = parts.practice();
  const url = exchange.request.url ?? '';
  if (route === 'metadata') return okay(JSON.stringify(describeCapabilities(practice.id, practice.base)));
  if (route === 'page') return okay(parts.pages.read(url));
  const override = parts.override.take();
  if (override !== undefined) return override;
  const search = runSearch(route, url, practice);
  if (!faults.some((fault) => fault.stage === 'content')) return okay(writeBundle(search.result));
  const context = { search, practice, pages: parts.pages };
  return okay(JSON.stringify(alterContent(parseBundle(search.result), context, faults)));
}

function refuseStranger(caller: Caller, practice: Practice): void {
  if (caller.refusal !== undefined) throw new Refusal(403, 'forbidden', caller.refusal);
  const expected = practice.settings.caller;
  if (expected === null) return;
  if (caller.identity?.cn !== expected.cn || caller.identity.ou !== expected.ou) {
    throw new Refusal(403, 'forbidden', 'ce certificat n’est pas celui du SAS');
  }
}

function findRoute(url: string): Route {
  const path = url.split('?', 1)[0]?.replace(/\/+$/, '') ?? '';
  if (path === '/fhir/Slot') return 'Slot';
  if (path === '/fhir/Schedule') return 'Schedule';
  if (path === '/fhir/Practitioner') return 'Practitioner';
  if (path === '/fhir/metadata') return 'metadata';
  if (path === '/fhir' && url.includes('_getpages=')) return 'page';
  return path === '/agenda' || path.startsWith('/agenda/') ? 'agenda' : 'unknown';
}

function describeFailure(error: unknown): Reply {
  const refusal =
    error instanceof Refusal ? error : new Refusal(500, 'exception', 'erreur interne de l’éditeur simulé');
  return {
    status: refusal.status,
    headers: { 'Content-Type': FHIR_JSON },
    body: writeOutcome(refusal.code, refusal.message),
  };
}

function okay(body: string): Reply {
  return { status: 200, headers: { 'Content-Type': FHIR_JSON }, body };
}

function showAgenda(practice: Practice, url: string): Reply {
  const origin = /[?&]origin=([A-Za-z0-9-]{1,40})(?:&|$)/.exec(url)?.[1];
  const arrival = origin === undefined ? 'sans passer par le SAS' : `depuis ${origin}`;
  // Without `origin` nobody is let in as a regulator; with it, sign-in is delegated to the ministry's provider.
  const next =
    origin === undefined
      ? 'Accès refusé : connectez-vous avec votre compte de praticien.'
      : 'S’identifier avec Pro Santé Connect, service du Ministère de la Santé et de la prévention.';
  return {
    status: 200,
    headers: { 'Content-Type': 'text/html; charset=utf-8' },
    body:
      `<!doctype html><html lang="fr"><meta charset="utf-8"><title>Agenda ${practice.id}</title>` +
      `<h1>Agenda de l’éditeur simulé ${practice.id}</h1><p>Vous arrivez ${arrival}.</p><p>${next}</p></html>`,
  };
}
