// Everything the mTLS port is made of besides its socket: certificate, authorities, lists, vendors. A start takes
// only what is in order; a reload builds each part anew and keeps the old one of a part that is broken. The
// result is one frozen state, swapped whole. docs/relay.md "Inbound".

import { type Certificates, loadCertificates } from './certificates.ts';
import type { EditorConfig, ListenConfig } from './config.ts';
import { type Authority, readAuthorities } from './inbound-authorities.ts';
import { type ListFile, loadLists } from './inbound-lists.ts';
import {
  type HeldList,
  type InboundEditor,
  type InboundEditors,
  pairKey,
  Trust,
  troubleOf,
} from './inbound-trust.ts';
import type { Problem } from './problem.ts';

export interface InboundState {
  readonly certificates: Certificates;
  readonly authorities: readonly Authority[];
  readonly issuers: readonly Authority[];
  readonly files: readonly ListFile[];
  readonly lists: ReadonlyMap<string, HeldList>;
  readonly editors: InboundEditors;
  readonly trust: Trust;
}

export interface InboundLoaded {
  /** Undefined when a part is broken and there is no older one. */
  readonly state: InboundState | undefined;
  readonly problems: readonly Problem[];
}

export function loadInbound(
  listen: ListenConfig,
  editors: readonly EditorConfig[],
  previous: InboundState | undefined,
  nowMs: number,
): InboundLoaded {
  const problems: Problem[] = [];
  const tls = loadTls(listen, nowMs, problems) ?? previous;
  const known = loadEditors(editors, problems) ?? previous?.editors;
  if (tls === undefined || known === undefined) return { state: undefined, problems };
  const { certificates, authorities, issuers } = tls;
  const loaded = loadLists(listen.crlFiles, authorities, previous, nowMs);
  problems.push(...loaded.problems, ...reportMissing(listen, authorities, loaded.lists));
  const { files, lists } = loaded;
  const trust = new Trust({ issuers, lists, editors: known, revocation: listen.revocation });
  return { state: { certificates, authorities, issuers, files, lists, editors: known, trust }, problems };
}

/** Every file the port is read from. */
export function listenFiles({
  certFile,
  keyFile,
  caFile,
  serverCaFile,
  crlFiles,
}: ListenConfig): readonly string[] {
  return [certFile, keyFile, caFile, ...(serverCaFile === undefined ? [] : [serverCaFile]), ...crlFiles];
}

/** Authorities of which no fresh list is held: nothing they issued can be known not to be revoked. */
export function listTroubles({ authorities, lists }: InboundState, nowMs: number): number {
  return authorities.filter(({ id }) => troubleOf(lists.get(id), nowMs) !== undefined).length;
}

type TlsPart = Pick<InboundState, 'certificates' | 'authorities' | 'issuers'>;

function loadTls(listen: ListenConfig, nowMs: number, problems: Problem[]): TlsPart | undefined {
  const { certFile, keyFile, caFile, serverCaFile } = listen;
  // Lists are judged at each request, not by OpenSSL in the handshake.
  const files = { certFile, keyFile, caFile, clientCaFile: serverCaFile, crlFiles: [] };
  const loaded = loadCertificates(files, 'server', 'listen', nowMs);
  for (const problem of loaded.problems) {
    const rename = (text: string): string => text.replace('clientCaFile', 'serverCaFile');
    problems.push({ ...problem, field: rename(problem.field), text: rename(problem.text) });
  }
  if (loaded.certificates === undefined) return undefined;
  const { all, issuers, problems: found } = readAuthorities(loaded.certificates.options.ca);
  problems.push(...found);
  if (found.length > 0) return undefined;
  return { certificates: loaded.certificates, authorities: all, issuers };
}

function loadEditors(editors: readonly EditorConfig[], problems: Problem[]): InboundEditors | undefined {
  const known = new Map<string, InboundEditor>();
  const found: Problem[] = [];
  editors.forEach(({ id, flows, client, appointmentSystem }, index) => {
    if (!flows.includes('INT_R03')) return;
    const field = `editors[${index}]`;
    if (client === undefined) found.push({ field: `${field}.client`, text: 'manque pour le flux INT_R03' });
    if (appointmentSystem === undefined) {
      found.push({ field: `${field}.appointmentSystem`, text: 'manque pour le flux INT_R03' });
    }
    if (client === undefined || appointmentSystem === undefined) return;
    const key = pairKey(client.cn, client.ou);
    if (known.has(key))
      found.push({ field: `${field}.client`, text: "est aussi l'identité d'un autre éditeur" });
    known.set(key, { id, appointmentSystem });
  });
  problems.push(...found);
  return found.length === 0 ? known : undefined;
}

/** Under `hard` every request would be refused; under `soft` it is only to be known. */
function reportMissing(
  { revocation }: ListenConfig,
  authorities: readonly Authority[],
  lists: ReadonlyMap<string, HeldList>,
): readonly Problem[] {
  if (authorities.every(({ id }) => lists.has(id))) return [];
  const text = 'une autorité de caFile n’a pas de liste : il en faut une pour chacune';
  return [{ field: 'listen.crlFiles', text, ...(revocation === 'soft' && { dated: true }) }];
}
