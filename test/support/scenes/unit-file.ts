// A systemd unit as a test reads it: what it says, and the confinement that comes of it for the kernel alone.

import { readFileSync } from 'node:fs';
import type { Confinement } from './confined.ts';

/** Every value of each key, in order; an empty one takes back those before it, as systemd does. */
export type Unit = ReadonlyMap<string, readonly string[]>;

export function readUnit(file: string): Unit {
  const unit = new Map<string, readonly string[]>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, key = '', value = ''] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? [];
    if (key !== '') unit.set(key, value === '' ? [''] : [...(unit.get(key) ?? []), value]);
  }
  return unit;
}

/** What the unit does not ask for is left open: a test then finds it so. `uid`: of its `User`; `folders`: of the host. */
export function confine(
  unit: Unit,
  uid: number,
  folders: { readonly state: string; readonly runtime: string },
): Omit<Confinement, 'copies'> {
  const one = (key: string): string => unit.get(key)?.at(-1) ?? '';
  const [state, runtime] = [one('StateDirectory'), one('RuntimeDirectory')];
  return {
    uid: one('User') === '' ? 0 : uid,
    writable: {
      ...(state !== '' && { [`/var/lib/${state}`]: folders.state }),
      ...(runtime !== '' && { [`/run/${runtime}`]: folders.runtime }),
    },
    hidden: (unit.get('InaccessiblePaths') ?? []).map((path) => path.replace(/^-/, '')),
    isReadOnly: one('ProtectSystem') === 'strict',
    hasCapabilities: one('CapabilityBoundingSet') !== '' || !unit.has('CapabilityBoundingSet'),
    umask: one('UMask') || '0022',
    command: [
      'env',
      ...(runtime === '' ? [] : [`RUNTIME_DIRECTORY=/run/${runtime}`]),
      ...one('ExecStart').split(' '),
    ],
  };
}

/** Name and file of each `LoadCredential`. */
export function credentialsOf(unit: Unit): readonly (readonly [name: string, file: string])[] {
  return (unit.get('LoadCredential') ?? []).map((value) => {
    const [name = '', file = ''] = value.split(':');
    return [name, file] as const;
  });
}
