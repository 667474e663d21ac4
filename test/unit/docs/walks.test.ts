// The five walks of ARCHITECTURE.md: rooms that exist, entered once, at most nine in one process.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const [, part = ''] = readFileSync(resolve(ROOT, 'ARCHITECTURE.md'), 'utf8').split('## The five walks');
const [text = ''] = part.split('\n## ');
const WALKS = text.split('\n### ').slice(1);

test('a walk enters each of its rooms once, and at most nine in one process', () => {
  expect(WALKS).toHaveLength(5);
  for (const walk of WALKS) {
    const processes = walk.split(/^(?:Worker|Hub.*|Relay):$/m).slice(1);
    expect(processes.length).toBeGreaterThan(0);
    for (const process of processes) {
      const rooms = [...process.matchAll(/^\d\. `([\w/.-]+)`/gm)].map(([, path = '']) => path);
      expect(rooms.length).toBeGreaterThan(2);
      expect(rooms.length).toBeLessThanOrEqual(9);
      expect(new Set(rooms).size).toBe(rooms.length);
      expect(rooms.filter((room) => !existsSync(resolve(ROOT, room)))).toEqual([]);
    }
  }
});
