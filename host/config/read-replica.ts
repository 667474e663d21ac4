// The field `replica` of the host's file, with its paths absolute and its secrets read.

import type { ReplicaField } from './replica-schema.ts';

/** Where the replica is. Paths of this machine are absolute. */
export type ReplicaPlace =
  | { readonly kind: 'folder'; readonly folder: string }
  | {
      readonly kind: 'sftp';
      /** With its port. */
      readonly host: string;
      readonly user: string;
      readonly keyFile: string;
      readonly path: string;
    }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      readonly path: string;
      readonly endpoint: string | undefined;
      readonly region: string | undefined;
      readonly keyId: string;
      readonly secret: string;
    };

export interface ReplicaConfig {
  readonly place: ReplicaPlace;
  /** Path of the program; undefined: of the npm package. */
  readonly litestream: string | undefined;
  /** A replica that is so much behind is alarmed. Milliseconds. */
  readonly behindMs: number;
  readonly retentionHours: number;
}

/** Reads a file of the operator's, and notes what is wrong with it. `isSecret`: nobody else may read it. */
type Read = (field: string, path: string, isSecret?: boolean) => string | undefined;

/** What `read` has noted makes the value useless. */
export function readReplica(field: ReplicaField, at: (path: string) => string, read: Read): ReplicaConfig {
  return {
    place: placeOf(field, at, read),
    litestream: field.litestream === undefined ? undefined : at(field.litestream),
    behindMs: field.behindS * 1_000,
    retentionHours: field.retentionHours,
  };
}

function placeOf(
  { folder = '', sftp, s3 }: ReplicaField,
  at: (path: string) => string,
  read: Read,
): ReplicaPlace {
  if (sftp !== undefined) {
    const keyFile = at(sftp.keyFile);
    read('replica.sftp.keyFile', keyFile, true);
    return { kind: 'sftp', ...sftp, keyFile };
  }
  if (s3 !== undefined) {
    const { keyIdFile, secretFile, endpoint, region, ...rest } = s3;
    const keyId = read('replica.s3.keyIdFile', keyIdFile)?.trim() ?? '';
    const secret = read('replica.s3.secretFile', secretFile, true)?.trim() ?? '';
    return { kind: 's3', ...rest, endpoint, region, keyId, secret };
  }
  return { kind: 'folder', folder: at(folder) };
}
