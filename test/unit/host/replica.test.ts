// How far the replica is behind, from what is observed; what is read of Litestream's metrics; the configuration made for it.

import { expect, it } from 'vitest';
import { Lag } from '../../../host/replica/lag.ts';
import { litestreamConfig, litestreamSecrets } from '../../../host/replica/litestream-config.ts';
import { type Position, progressIn } from '../../../host/replica/position.ts';

const at = (index: number, offset: number): Position => ({ index, offset });
const local = (index: number, offset: number, generation = 'g') => ({ index, offset, generation });

it('is behind since the last moment of which all is known to be sent', () => {
  const lag = new Lag(0);
  lag.note({ atMs: 1_000, progress: { looks: 5, replica: at(0, 0) }, local: local(0, 100) });
  expect(lag.behindMs(1_000)).toBe(1_000);
  // The position of now holds all that was written a second ago; the replica has it.
  lag.note({ atMs: 2_000, progress: { looks: 10, replica: at(0, 100) }, local: local(0, 100) });
  expect(lag.behindMs(2_000)).toBe(1_000);
  // The replica stands still, whatever is looked at.
  lag.note({ atMs: 3_000, progress: { looks: 15, replica: at(0, 100) }, local: local(0, 200) });
  lag.note({ atMs: 9_000, progress: { looks: 45, replica: at(0, 100) }, local: local(1, 50) });
  expect(lag.behindMs(9_000)).toBe(8_000);
  // It has what was found at 3,000, which held all of 2,000.
  lag.note({ atMs: 9_500, progress: { looks: 47, replica: at(1, 10) }, local: local(1, 60) });
  expect(lag.behindMs(9_500)).toBe(7_500);
  lag.note({ atMs: 9_900, progress: { looks: 47, replica: at(1, 60) }, local: local(1, 60) });
  expect(lag.behindMs(9_900)).toBe(900);
});

it('is behind while Litestream says nothing, or looks no more', () => {
  const lag = new Lag(0);
  lag.note({ atMs: 1_000, progress: { looks: 5, replica: at(0, 9) }, local: local(0, 9) });
  lag.note({ atMs: 2_000, progress: { looks: 10, replica: at(0, 9) }, local: local(0, 9) });
  lag.note({ atMs: 3_000, progress: undefined, local: local(0, 9) });
  lag.note({ atMs: 60_000, progress: { looks: 11, replica: at(0, 9) }, local: local(0, 9) });
  expect(lag.behindMs(60_000)).toBe(59_000);
  // It began anew and counts from 0.
  lag.note({ atMs: 61_000, progress: { looks: 1, replica: at(0, 9) }, local: local(0, 9) });
  expect(lag.behindMs(61_000)).toBe(60_000);
  lag.note({ atMs: 62_000, progress: { looks: 6, replica: at(0, 9) }, local: local(0, 9) });
  expect(lag.behindMs(62_000)).toBe(1_000);
});

it('takes no place of the generation before for one of this', () => {
  const lag = new Lag(0);
  lag.note({ atMs: 1_000, progress: { looks: 5, replica: at(0, 500) }, local: local(0, 500) });
  lag.note({ atMs: 2_000, progress: { looks: 10, replica: at(0, 500) }, local: local(0, 900, 'next') });
  lag.note({ atMs: 3_000, progress: { looks: 15, replica: at(0, 500) }, local: local(0, 900, 'next') });
  lag.note({ atMs: 4_000, progress: { looks: 20, replica: at(7, 500) }, local: local(0, 900, 'next') });
  expect(lag.behindMs(4_000)).toBe(4_000);
  lag.note({ atMs: 5_000, progress: { looks: 25, replica: at(0, 900) }, local: local(0, 900, 'next') });
  expect(lag.behindMs(5_000)).toBe(1_000);
});

it('reads one database of the metrics, and nothing of a Litestream that has not begun', () => {
  const text = `# TYPE litestream_sync_count counter
litestream_sync_count{db="/s/core.sqlite"} 17
litestream_sync_error_count{db="/s/core.sqlite"} 2
litestream_sync_count{db="/s/core.sqlite.other"} 99
litestream_replica_wal_index{db="/s/core.sqlite",name="folder"} 1
litestream_replica_wal_offset{db="/s/core.sqlite",name="folder"} 4.017032e+06
`;
  expect(progressIn(text, '/s/core.sqlite')).toEqual({ looks: 15, replica: at(1, 4_017_032) });
  expect(progressIn(text, '/s/core.sqlite.other')).toBeUndefined();
});

it('makes a configuration for each place, without a secret in it', () => {
  const databases = [{ file: '/s/core.sqlite', to: 'epoch-1-ab/core' }];
  const of = (place: Parameters<typeof litestreamSecrets>[0]): unknown => {
    const text = litestreamConfig({ place, databases, retentionHours: 24 });
    expect(text).not.toContain('shh');
    return (JSON.parse(text) as { dbs: { replicas: unknown[] }[] }).dbs[0]?.replicas[0];
  };
  expect(of({ kind: 'folder', folder: '/mnt/replica' })).toMatchObject({
    ...{ type: 'file', path: '/mnt/replica/epoch-1-ab/core', retention: '24h' },
  });
  const sftp = { kind: 'sftp', host: 'h:22', user: 'u', keyFile: '/k', path: '/srv' } as const;
  expect(of(sftp)).toMatchObject({
    type: 'sftp',
    host: 'h:22',
    'key-path': '/k',
    path: '/srv/epoch-1-ab/core',
  });
  const s3 = {
    ...({ kind: 's3', bucket: 'b', path: 'p', endpoint: 'https://s3.example' } as const),
    ...{ region: undefined, keyId: 'id', secret: 'shh' },
  };
  expect(of(s3)).toMatchObject({
    type: 's3',
    bucket: 'b',
    endpoint: 'https://s3.example',
    path: 'p/epoch-1-ab/core',
  });
  expect(litestreamSecrets(s3)).toEqual({
    LITESTREAM_ACCESS_KEY_ID: 'id',
    LITESTREAM_SECRET_ACCESS_KEY: 'shh',
  });
});
