// Which revocation lists the settings need, in which file each belongs, and where certificates say it lies. Called by
// fetch-lists.ts; reads files, asks nobody. A list is known by the key that signs it, never by a file's name.

import type { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fieldsOf, type RelayConfig } from '../base/config.ts';
import type { Problem } from '../base/problem.ts';
import { type Authority, AuthorityPool, readAuthority } from '../certificates/authority-pool.ts';
import { FileReading } from '../certificates/file-reading.ts';
import { type HeldList, holdList, needingLists } from '../certificates/held-lists.ts';
import { HUB_SANTE_SCOPE, LISTEN_SCOPE, scopeOf } from '../certificates/list-marks.ts';
import { readBlocks, readRevocationList } from '../certificates/revocation-list.ts';
import { readDistributionPoints } from './distribution-points.ts';

/** A list that one of the authorities signed, with its bytes. */
export interface SignedList {
  readonly held: HeldList;
  readonly der: Buffer;
}

/** One file of `crlFiles`, and what must stand in it. */
export interface FileNeed {
  readonly path: string;
  /** Those of every part of the settings that names the file. */
  readonly authorities: readonly Authority[];
  /** Scopes of the marks (list-marks.ts) under which its lists serve. */
  readonly scopes: readonly string[];
  /** Ids of the keys whose lists belong in it. */
  readonly keyIds: ReadonlySet<string>;
  /** What stands in it now. */
  readonly present: readonly SignedList[];
}

export interface ListNeeds {
  readonly files: readonly FileNeed[];
  /** By key id, the addresses that certificates of that key's children name. */
  readonly urls: ReadonlyMap<string, readonly string[]>;
  /** By key id, the authority's CN. */
  readonly names: ReadonlyMap<string, string>;
  /** Keys for whose list no file of `crlFiles` is left, and what cannot be read. */
  readonly problems: readonly Problem[];
}

/** A part of the settings with `crlFiles`, and the certificates that it names. */
interface ListSet {
  readonly field: string;
  readonly scope: string;
  readonly crlFiles: readonly string[];
  readonly pool: AuthorityPool;
}

/** What `crlFiles` of these settings must hold at `nowMs`, milliseconds since the epoch. */
export function findNeeds(config: RelayConfig, nowMs: number): ListNeeds {
  const problems: Problem[] = [];
  const certificates: X509Certificate[] = [];
  const sets = partsOf(config).map((part): ListSet => {
    const reading = new FileReading(part.field);
    const authorities = reading.certificates('caFile', part.caFile);
    certificates.push(...authorities, ...reading.certificates('certFile', part.certFile));
    problems.push(...reading.problems);
    return { ...part, pool: new AuthorityPool(authorities.flatMap((one) => readAuthority(one) ?? [])) };
  });
  const known = [...new Map(sets.flatMap(({ pool }) => pool.all).map((one) => [one.id, one])).values()];
  const urls = findUrls(certificates, known);
  const files = [...new Set(sets.flatMap(({ crlFiles }) => crlFiles))].map((path) => openFile(path, sets));
  for (const set of sets) {
    const own = files.filter(({ path }) => set.crlFiles.includes(path));
    const placed = new Set(own.flatMap(({ keyIds }) => [...keyIds]));
    const open = needingLists(set.pool.all, nowMs).filter(({ keyId }) => !placed.has(keyId));
    for (const { name } of placeLists(open, own, urls)) {
      const text = `aucun fichier ne peut recevoir la liste de « ${name} » sans gêner ceux qui le partagent`;
      problems.push({ field: `${set.field}.crlFiles`, text });
    }
  }
  return { files, urls, names: new Map(known.map(({ keyId, name }) => [keyId, name])), problems };
}

type Part = Omit<ListSet, 'pool'> & { readonly caFile: string; readonly certFile: string };

/** Only those that check revocation. */
function partsOf({ listen, hubSante, editors, broken }: RelayConfig): readonly Part[] {
  const fields = fieldsOf(editors, broken);
  const parts: readonly Part[] = [
    ...(listen === undefined ? [] : [{ ...listen, field: 'listen', scope: LISTEN_SCOPE }]),
    ...(hubSante === undefined ? [] : [{ ...hubSante, field: 'hubSante', scope: HUB_SANTE_SCOPE }]),
    ...editors.map((one, index) => ({ ...one, field: fields[index] ?? '', scope: scopeOf(one.id) })),
  ];
  return parts.filter(({ crlFiles }) => crlFiles.length > 0);
}

/** A certificate's distribution points are about its issuer's list: known by the signature, not by its name. */
function findUrls(
  certificates: readonly X509Certificate[],
  authorities: readonly Authority[],
): ReadonlyMap<string, readonly string[]> {
  const urls = new Map<string, readonly string[]>();
  for (const certificate of certificates) {
    const found = readDistributionPoints(certificate);
    if (found.length === 0) continue;
    const issuer = authorities.find(({ key }) => certificate.verify(key));
    if (issuer === undefined) continue;
    urls.set(issuer.keyId, [...new Set([...(urls.get(issuer.keyId) ?? []), ...found])]);
  }
  return urls;
}

type OpenFile = FileNeed & { readonly keyIds: Set<string> };

function openFile(path: string, sets: readonly ListSet[]): OpenFile {
  const naming = sets.filter(({ crlFiles }) => crlFiles.includes(path));
  // A list of an authority that one of them does not know would spoil the whole file for it.
  const [first, ...others] = naming.map(({ pool }) => pool.all);
  const isShared = ({ keyId }: Authority): boolean =>
    others.every((all) => all.some((one) => one.keyId === keyId));
  const authorities = (first ?? []).filter(isShared);
  const present = readPresent(path, authorities);
  return {
    path,
    authorities,
    scopes: naming.map(({ scope }) => scope),
    keyIds: new Set(present.map(({ held }) => held.keyId)),
    present,
  };
}

/** Nothing when the file is absent or holds something else: it is then as empty. */
function readPresent(path: string, authorities: readonly Authority[]): readonly SignedList[] {
  try {
    return readLists(readFileSync(path), authorities).filter((one) => typeof one !== 'string');
  } catch {
    return [];
  }
}

/** Each list among these bytes, PEM or DER; a French sentence in place of one that is none of these authorities'. */
export function readLists(
  bytes: Buffer,
  authorities: readonly Authority[],
): readonly (SignedList | string)[] {
  return readBlocks(bytes, /^X509 CRL$/).map((der) => {
    const held = holdList(readRevocationList(der), authorities);
    return typeof held === 'string' ? held : { held, der };
  });
}

/** Each authority's list into an empty file, one of the name in its address first; all others into the last file. */
function placeLists(
  open: readonly Authority[],
  files: readonly OpenFile[],
  urls: ReadonlyMap<string, readonly string[]>,
): readonly Authority[] {
  const isNamed = ({ path }: OpenFile, keyId: string): boolean =>
    (urls.get(keyId) ?? []).some((url) => basename(new URL(url).pathname) === basename(path));
  const byName = open.filter(({ keyId }) => files.some((file) => isNamed(file, keyId)));
  return [...byName, ...open.filter((one) => !byName.includes(one))].filter(({ keyId }) => {
    const able = files.filter(({ authorities }) => authorities.some((one) => one.keyId === keyId));
    const empty = able.filter(({ keyIds }) => keyIds.size === 0);
    const file = empty.find((one) => isNamed(one, keyId)) ?? empty[0] ?? able.at(-1);
    file?.keyIds.add(keyId);
    return file === undefined;
  });
}
