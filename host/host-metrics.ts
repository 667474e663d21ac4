// What the host counts of itself, for GET /metrics. docs/hebergement.md tells each.

import { statSync } from 'node:fs';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { VERSION } from '../shared/version.ts';
import { DATABASES } from './databases/migrations.ts';
import { databaseFile } from './databases/prepare-files.ts';
import type { HostEvent, HostHealth } from './edge-host.ts';
import type { ReplicaEvent } from './replica/replication.ts';
import { roomOf } from './state/disk-room.ts';

export interface HostMetrics {
  readonly registry: Registry;
  note(event: HostEvent | ReplicaEvent): void;
}

export interface HostState {
  readonly health: () => HostHealth | undefined;
  /** By database; empty without a replica. */
  readonly replicaBehindMs: () => ReadonlyMap<string, number>;
}

/** `databaseFolder`: where the files are. */
export function makeMetrics(databaseFolder: string, { health, replicaBehindMs }: HostState): HostMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const { number: version, build } = VERSION;
  const labels = { version, commit: build?.commit ?? '', time: build?.time ?? '' };
  const info = { name: 'host_build_info', help: 'Version du programme', labelNames: Object.keys(labels) };
  new Gauge({ ...info, registers }).set(labels, 1);
  const events = new Counter({
    name: 'host_events_total',
    help: "Débuts, fins et blocages de l'exécution, fins d'une base, la réplique",
    labelNames: ['event', 'database'] as const,
    registers,
  });
  new Gauge({
    name: 'host_up',
    help: '1 : la partie tourne et répond',
    labelNames: ['part'] as const,
    registers,
    collect() {
      const { runtime = false, databases } = health() ?? {};
      this.set({ part: 'runtime' }, Number(runtime));
      for (const { name, folder } of DATABASES)
        this.set({ part: folder }, Number(databases?.[name] ?? false));
    },
  });
  new Gauge({
    name: 'host_database_bytes',
    help: "Taille d'un fichier, et de son journal (wal)",
    labelNames: ['database', 'file'] as const,
    registers,
    collect() {
      for (const { name, folder } of DATABASES) {
        const file = databaseFile(databaseFolder, name);
        this.set({ database: folder, file: 'main' }, sizeOf(file));
        this.set({ database: folder, file: 'wal' }, sizeOf(`${file}-wal`));
      }
    },
  });
  new Gauge({
    name: 'host_disk_free_bytes',
    help: 'Place libre où sont les bases ; sans place, ni écriture ni relais',
    registers,
    collect() {
      this.set(roomOf(databaseFolder));
    },
  });
  new Gauge({
    name: 'host_replica_behind_seconds',
    help: 'Ce qui a été écrit il y a si longtemps est dans la réplique',
    labelNames: ['database'] as const,
    registers,
    collect() {
      for (const [database, ms] of replicaBehindMs()) this.set({ database }, ms / 1_000);
    },
  });
  return {
    registry,
    note: (event) => {
      const database = 'database' in event ? folderOf(event.database) : '';
      events.inc({ event: event.event, database });
    },
  };
}

/** By its binding, or by its folder itself. */
export const folderOf = (name: string): string => DATABASES.find((one) => one.name === name)?.folder ?? name;

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
