// What GET /admin/metrics tells, of what the hubs and D1 know at this moment: labels are vendors, states and versions,
// never a person. What could not be read is left out, and told so: it is no zero. Pure.

import { VERSION } from '../../../shared/version.ts';
import type { HubDescription } from '../../hub/reach/calls.ts';
import type { VendorHealthReport } from '../../hub/vendors/state.ts';
import type { Gauge, Sample } from './text-format.ts';

/** Before each name. */
export const PREFIX = 'passerelle_edge_';

/** Ten series a vendor, so that the page stays under 3,000; a registry holds some tens. */
export const VENDORS_TOLD_MAX = 250;

const VENDOR_STATES: readonly VendorHealthReport['state'][] = [
  'off',
  'absent',
  'held-back',
  'failing',
  'well',
  'untried',
];
const RELAY_STATES: readonly HubDescription['relays'][number]['state'][] = [
  'connected',
  'serving',
  'draining',
  'lost',
];

/** A vendor of the registry. */
export interface ObservedVendor {
  readonly id: string;
  readonly certificateNotAfter: string;
  /** Undefined when its hub did not answer. */
  readonly health: VendorHealthReport | undefined;
}

/** Who is open although withdrawn. Seconds. */
export interface ObservedExposure {
  readonly alarmAfterSeconds: number;
  readonly vendors: readonly {
    readonly editor: string;
    readonly open: number;
    readonly oldestSeconds: number;
  }[];
  readonly wavesHeld: number;
}

/** What could be read; undefined: it could not. */
export interface Observed {
  readonly hubs: Pick<HubDescription, 'relays' | 'searches' | 'calls'> | undefined;
  readonly vendors: readonly ObservedVendor[] | undefined;
  readonly exposure: ObservedExposure | undefined;
}

/** Every gauge, in the order of the page. */
export function gaugesOf({ hubs, vendors, exposure }: Observed): readonly Gauge[] {
  const told = vendors?.slice(0, VENDORS_TOLD_MAX);
  return [
    gauge('build_info', 'Which build this is; always 1', [buildSample()]),
    gauge('hubs_up', 'Whether every hub answered', [{ value: Number(hubs !== undefined) }]),
    gauge('database_up', 'Whether the database of vendors and accounts answered', [
      { value: Number(vendors !== undefined && exposure !== undefined) },
    ]),
    gauge('relays', 'Relays by state; only a serving one can be asked', hubs && relaySamples(hubs)),
    gauge('searches_running', 'Searches under way', hubs && [{ value: hubs.searches }]),
    gauge('calls_running', 'Vendor calls for which some search waits', hubs && [{ value: hubs.calls }]),
    gauge(
      'vendors_left_out',
      'Vendors of the registry that this page does not tell',
      vendors && [{ value: Math.max(0, vendors.length - VENDORS_TOLD_MAX) }],
    ),
    ...vendorGauges(told),
    ...exposureGauges(exposure, told),
  ];
}

function vendorGauges(vendors: readonly ObservedVendor[] | undefined): readonly Gauge[] {
  return [
    gauge(
      'vendor_state',
      'Whether a vendor is in that state; untried: no call is remembered, which says nothing of it',
      vendors?.flatMap(({ id, health }) =>
        health === undefined
          ? []
          : VENDOR_STATES.map((state) => ({
              labels: { editor: id, state },
              value: Number(state === health.state),
            })),
      ),
    ),
    gauge(
      'vendor_last_success_timestamp_seconds',
      'When a call to a vendor last succeeded',
      vendors?.flatMap(({ id, health }) => secondsOf(health?.lastSuccess, { editor: id })),
    ),
    gauge(
      'certificate_not_after_timestamp_seconds',
      'When the certificate ends that the relay shows to a vendor',
      vendors?.flatMap(({ id, certificateNotAfter }) =>
        secondsOf(certificateNotAfter, { role: 'client', editor: id }),
      ),
    ),
  ];
}

/** A vendor of the registry that has none open is told as 0; one that is in it no more, as long as it has. */
function exposureGauges(
  exposure: ObservedExposure | undefined,
  vendors: readonly ObservedVendor[] = [],
): readonly Gauge[] {
  const open = new Map(exposure?.vendors.map((one) => [one.editor, one]));
  const ids = [...new Set([...open.keys(), ...vendors.map(({ id }) => id)])].slice(0, VENDORS_TOLD_MAX);
  const perVendor = (read: (one: ObservedExposure['vendors'][number]) => number): readonly Sample[] =>
    exposure === undefined
      ? []
      : ids.map((id) => {
          const one = open.get(id);
          return { labels: { editor: id }, value: one === undefined ? 0 : read(one) };
        });
  return [
    gauge(
      'exposed_accounts',
      'Accounts still open although withdrawn',
      perVendor((one) => one.open),
    ),
    gauge(
      'exposed_oldest_seconds',
      'For how long the oldest of them has been withdrawn',
      perVendor((one) => one.oldestSeconds),
    ),
    gauge(
      'exposed_alarm_seconds',
      'From when on it is an alarm (ACCOUNT_ALARM_S)',
      exposure && [{ value: exposure.alarmAfterSeconds }],
    ),
    gauge(
      'waves_held',
      'Waves of withdrawals that wait for an operator',
      exposure && [{ value: exposure.wavesHeld }],
    ),
  ];
}

function gauge(name: string, help: string, samples: readonly Sample[] = []): Gauge {
  return { name, help, samples };
}

function buildSample(): Sample {
  const { number, build } = VERSION;
  return { labels: { version: number, commit: build?.commit ?? '', time: build?.time ?? '' }, value: 1 };
}

function relaySamples({ relays }: Pick<HubDescription, 'relays'>): readonly Sample[] {
  return RELAY_STATES.map((state) => ({
    labels: { state },
    value: relays.filter((relay) => relay.state === state).length,
  }));
}

/** None of what is no instant. */
function secondsOf(instant: string | undefined, labels: Sample['labels'] & {}): readonly Sample[] {
  const ms = Date.parse(instant ?? '');
  return Number.isNaN(ms) ? [] : [{ labels, value: ms / 1000 }];
}
