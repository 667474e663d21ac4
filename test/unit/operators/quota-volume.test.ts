// The default quotas hold the volume that docs/storage.md plans for: a vendor with half the country is not locked out within
// the days that the database itself lasts there.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const SAMPLE = readFileSync(new URL('../../../docs/samples/edge.env', import.meta.url), 'utf8');
const PAGE = readFileSync(new URL('../../../docs/storage.md', import.meta.url), 'utf8');
const SETTINGS = readFileSync(new URL('../../../worker/base/settings.ts', import.meta.url), 'utf8');
const DAY = 18_400;
const DAYS = 90;
/** Booked, changed once. */
const VERSIONS = 2;
/** Of a vendor that sends all that is kept. */
const BYTES = 3_000;

const standard = (name: string): number =>
  Number(new RegExp(`${name}: integer\\('(\\d+)'`).exec(SETTINGS)?.[1]);

it('ninety days of half the country fit, and leave the others half of the database', () => {
  const versions = (DAY / 2) * DAYS * VERSIONS;
  expect(standard('VENDOR_MB_MAX') * 1_000_000).toBeGreaterThanOrEqual(versions * BYTES);
  expect(standard('VENDOR_VERSIONS_MAX')).toBeGreaterThanOrEqual(versions);
  expect(standard('VENDOR_MB_MAX')).toBeLessThanOrEqual(standard('DATABASE_MB_MAX') / 2);
});

it.each(['VENDOR_MB_MAX', 'VENDOR_VERSIONS_MAX'])('%s is what pages and samples say', (name) => {
  expect(SAMPLE).toContain(`#${name}=${standard(name)}\n`);
  expect(PAGE).toContain(`| \`${name}\` | ${standard(name)} |`);
});
