// Litestream's configuration, made of the host's one file: JSON, which is YAML too. No secret stands in it: those of S3 go by
// the environment, the key of SFTP by its path. Pure. https://litestream.io/reference/config/ (0.3)

import type { ReplicaPlace } from '../config/read-replica.ts';

export interface Replicated {
  /** A database's file, absolute. */
  readonly file: string;
  /** Where it goes, from the place's root. */
  readonly to: string;
}

export interface LitestreamSettings {
  readonly place: ReplicaPlace;
  readonly databases: readonly Replicated[];
  readonly retentionHours: number;
  /** Of loopback, for Litestream's metrics; undefined: it serves none. */
  readonly metricsPort?: number;
}

/** What is written is looked for so often, and what was found sent so often: together what a sudden death may cost. */
const LOOK = '200ms';
const SEND = { folder: '200ms', sftp: '500ms', s3: '500ms' } as const;
/** A restore reads the last whole copy and all that was written since. */
const WHOLE = '1h';

export function litestreamConfig({
  place,
  databases,
  retentionHours,
  metricsPort,
}: LitestreamSettings): string {
  const config = {
    ...(metricsPort !== undefined && { addr: `127.0.0.1:${metricsPort}` }),
    logging: { level: 'warn', type: 'json' },
    dbs: databases.map(({ file, to }) => ({
      path: file,
      'monitor-interval': LOOK,
      replicas: [
        {
          name: place.kind,
          ...replicaAt(place, to),
          'sync-interval': SEND[place.kind],
          'snapshot-interval': WHOLE,
          retention: `${retentionHours}h`,
        },
      ],
    })),
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

function replicaAt(place: ReplicaPlace, to: string): Record<string, string | boolean> {
  switch (place.kind) {
    case 'folder':
      return { type: 'file', path: `${place.folder}/${to}` };
    case 'sftp':
      return {
        type: 'sftp',
        host: place.host,
        user: place.user,
        'key-path': place.keyFile,
        path: `${place.path}/${to}`,
      };
    case 's3':
      return {
        type: 's3',
        bucket: place.bucket,
        path: `${place.path}/${to}`,
        ...(place.endpoint !== undefined && { endpoint: place.endpoint, 'force-path-style': true }),
        ...(place.region !== undefined && { region: place.region }),
      };
  }
}

/** Variables that Litestream reads its secrets from. */
export function litestreamSecrets(place: ReplicaPlace): Readonly<Record<string, string>> {
  if (place.kind !== 's3') return {};
  return { LITESTREAM_ACCESS_KEY_ID: place.keyId, LITESTREAM_SECRET_ACCESS_KEY: place.secret };
}

/** By what a place is known, without its secrets: another word is another place. */
export function nameOf(place: ReplicaPlace): string {
  switch (place.kind) {
    case 'folder':
      return place.folder;
    case 'sftp':
      return `sftp://${place.host}/${place.path}`;
    case 's3':
      return `s3://${place.endpoint ?? ''}/${place.bucket}/${place.path}`;
  }
}
