// GET /admin/metrics as Prometheus reads it: both formats, by a reader that knows their grammar and nothing of our writer, and
// by promtool where it is installed.
import { spawnSync } from 'node:child_process';
import { describe, expect, it, test } from 'vitest';
import {
  gaugesOf,
  type Observed,
  PREFIX,
  VENDORS_TOLD_MAX,
} from '../../../worker/operators/metrics/gauges.ts';
import { formatFor, writeGauges } from '../../../worker/operators/metrics/text-format.ts';
import { parseOpenMetrics } from '../../support/oracles/parse-open-metrics.ts';

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

function observed(vendors: number): Observed {
  const ids = Array.from({ length: vendors }, (_, rank) => `vendor-${rank}`);
  const relay = { id: 'relay-a', editors: ids, load: 0, connectedAt: '2026-11-23T08:00:00.000Z' };
  return {
    hubs: { relays: [{ ...relay, state: 'serving' }], searches: 3, calls: 4 } as Observed['hubs'],
    vendors: ids.map((id) => ({
      id,
      certificateNotAfter: '2027-01-01T00:00:00.000Z',
      health: { state: 'failing', lastSuccess: '2026-11-23T08:00:00.500Z' },
    })),
    exposure: {
      alarmAfterSeconds: 900,
      vendors: [{ editor: 'vendor-1', open: 2, oldestSeconds: 61 }],
      wavesHeld: 1,
    },
  };
}
const write = (seen: Observed) => writeGauges(PREFIX, gaugesOf(seen), 'openmetrics');

test('C-29: what is written in OpenMetrics is read again, value by value', () => {
  const read = parseOpenMetrics(write(observed(2)));
  expect(read.get('passerelle_edge_vendor_state{editor="vendor-1",state="failing"}')).toBe(1);
  expect(read.get('passerelle_edge_vendor_state{editor="vendor-1",state="well"}')).toBe(0);
  expect(read.get('passerelle_edge_vendor_last_success_timestamp_seconds{editor="vendor-0"}')).toBe(
    Date.parse('2026-11-23T08:00:00.500Z') / 1000,
  );
  expect(read.get('passerelle_edge_relays{state="serving"}')).toBe(1);
  expect(read.get('passerelle_edge_exposed_accounts{editor="vendor-0"}')).toBe(0);
  expect(read.get('passerelle_edge_exposed_accounts{editor="vendor-1"}')).toBe(2);
  expect(read.get('passerelle_edge_waves_held')).toBe(1);
});

it('escapes what a label may hold', () => {
  const gauge = { name: 'x', help: 'X', samples: [{ labels: { editor: 'a"b\\c\nd' }, value: 1 }] };
  expect(writeGauges('', [gauge], 'text')).toContain('x{editor="a\\"b\\\\c\\nd"} 1\n');
});

test('C-29: the page stays under 3,000 series, and says how many vendors it left out', () => {
  for (const count of [VENDORS_TOLD_MAX, VENDORS_TOLD_MAX + 50]) {
    const read = parseOpenMetrics(write(observed(count)));
    expect(read.size).toBeLessThanOrEqual(3_000);
    expect(read.get('passerelle_edge_vendors_left_out')).toBe(count - VENDORS_TOLD_MAX);
  }
});

describe('what could not be read', () => {
  it('is left out, and told: it is no zero', () => {
    const read = parseOpenMetrics(
      write({ ...observed(2), hubs: undefined, vendors: undefined, exposure: undefined }),
    );
    expect([...read.keys()].filter((key) => !key.includes('build_info'))).toEqual([
      'passerelle_edge_hubs_up',
      'passerelle_edge_database_up',
    ]);
    expect([...read.values()]).toEqual([1, 0, 0]);
  });

  it('keeps what the hubs say while the database is away', () => {
    const read = parseOpenMetrics(write({ ...observed(2), vendors: undefined, exposure: undefined }));
    expect(read.get('passerelle_edge_relays{state="serving"}')).toBe(1);
    expect(read.get('passerelle_edge_database_up')).toBe(0);
  });
});

it('gives OpenMetrics to whom names it, and the older format to everybody else', () => {
  const prometheus =
    'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1';
  expect(formatFor(prometheus)).toBe('openmetrics');
  expect([null, '*/*', 'text/plain', 'application/openmetrics-text;q=0'].map(formatFor)).toEqual(
    Array(4).fill('text'),
  );
});

test.skipIf(!hasPromtool)('C-29: promtool finds nothing to say against the older format', () => {
  const input = writeGauges(PREFIX, gaugesOf(observed(3)), 'text');
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
  expect([status, stdout, stderr]).toEqual([0, '', '']);
});
