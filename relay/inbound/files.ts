// Everything the mTLS port is made of besides its socket: certificate, authorities, lists, vendors. A start takes
// only what is in order; a reload builds each part anew and keeps the old one of a part that is broken. The
// result is one frozen state, swapped whole. docs/relay.md "Inbound".

import type { BrokenEditor, EditorConfig, ListenConfig } from '../base/config.ts';
import type { Problem } from '../base/problem.ts';
import { readAuthorities } from '../certificates/authorities.ts';
import type { AuthorityPool } from '../certificates/authority-pool.ts';
import { type Certificates, loadCertificates } from '../certificates/certificates.ts';
import { coverage, type HeldLists, needingLists, troubleOf } from '../certificates/held-lists.ts';
import { NO_MARKS, type ScopedMarks } from '../certificates/list-marks.ts';
import { type ListFile, loadLists } from '../certificates/lists.ts';
import { type InboundEditors, Trust } from '../certificates/trust.ts';
import { loadInboundEditors } from './editors.ts';

export interface InboundState {
  readonly certificates: Certificates;
  readonly authorities: AuthorityPool;
  readonly files: readonly ListFile[];
  readonly lists: HeldLists;
  readonly editors: InboundEditors;
  readonly trust: Trust;
}

export interface InboundLoaded {
  /** Undefined when a part is broken and there is no older one. */
  readonly state: InboundState | undefined;
  readonly problems: readonly Problem[];
}

/** `previous`: what stays in place of a part that is broken; undefined at the start. */
export function loadInbound(
  listen: ListenConfig,
  vendors: readonly EditorConfig[],
  previous: InboundState | undefined,
  nowMs: number,
  broken: readonly BrokenEditor[] = [],
  marks: ScopedMarks = NO_MARKS,
): InboundLoaded {
  const problems: Problem[] = [];
  const tls = loadTls(listen, nowMs, problems) ?? previous;
  const known = loadInboundEditors(vendors, broken, previous?.editors);
  problems.push(...known.problems);
  if (tls === undefined) return { state: undefined, problems };
  const { certificates, authorities } = tls;
  const loaded = loadLists(listen.crlFiles, authorities, previous, nowMs, marks);
  problems.push(...loaded.problems, ...reportMissing(listen, authorities, loaded.lists, nowMs));
  const { files, lists } = loaded;
  const trust = new Trust({ authorities, lists, editors: known.editors, revocation: listen.revocation });
  return { state: { certificates, authorities, files, lists, editors: known.editors, trust }, problems };
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
  return needingLists(authorities.all, nowMs).filter(({ keyId }) => troubleOf(lists.get(keyId), nowMs))
    .length;
}

type TlsPart = Pick<InboundState, 'certificates' | 'authorities'>;

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
  const { pool, problems: found } = readAuthorities(loaded.certificates.options.ca);
  problems.push(...found);
  if (found.length > 0) return undefined;
  return { certificates: loaded.certificates, authorities: pool };
}

/** Under `hard` what such an authority issued is refused; when that is everything, the port must not be opened. */
function reportMissing(
  { revocation }: ListenConfig,
  authorities: AuthorityPool,
  lists: HeldLists,
  nowMs: number,
): readonly Problem[] {
  const covered = coverage(authorities, lists, nowMs);
  if (covered === 'whole') return [];
  const text = 'une autorité de caFile n’a pas de liste : il en faut une pour chacune';
  const stops = revocation === 'hard' && covered === 'none';
  return [{ field: 'listen.crlFiles', text, ...(!stops && { dated: true }) }];
}
