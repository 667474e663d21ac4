// What this relay says of itself to the edge each minute (shared/link/report.ts): read when asked from the same parts as the
// metrics and the admin port tell.

import { X509Certificate } from 'node:crypto';
import type { RelayReport, ReportedCertificate, ReportedList } from '../shared/link/report.ts';
import { VERSION } from '../shared/version.ts';
import type { StandingProblems } from './base/standing-problems.ts';
import type { Authority } from './certificates/authority-pool.ts';
import type { Certificates } from './certificates/certificates.ts';
import type { HeldLists } from './certificates/held-lists.ts';
import type { Carrier } from './hub-sante/carrier.ts';
import type { InboundPort } from './inbound/port.ts';
import type { Metrics } from './metrics.ts';
import type { VendorSet } from './vendor/vendor-set.ts';

/** Where it is read. */
export interface Reported {
  readonly vendors: VendorSet;
  readonly inbound: InboundPort | undefined;
  readonly carrier: Carrier | undefined;
  readonly standing: StandingProblems;
  readonly metrics: Metrics;
}

/** As of now. */
export function gatherReport({ vendors, inbound, carrier, standing, metrics }: Reported): RelayReport {
  const clients = [...vendors.clients];
  const ofVendors = clients.flatMap(([editor, { certificates, peer }]) => [
    own('client', certificates, editor),
    ...(peer === undefined ? [] : [{ role: 'server' as const, editor, ...peer }]),
    ...authoritiesOf(certificates.trust.authorities, editor),
  ]);
  const ofPort =
    inbound === undefined
      ? []
      : [
          own('port', inbound.state.certificates),
          ...[...inbound.senders].map(([editor, seen]) => ({ role: 'sender' as const, editor, ...seen })),
          ...authoritiesOf(inbound.state.authorities.all),
        ];
  const toHubSante = carrier?.state.certificates;
  return {
    version: VERSION.number,
    certificates: [
      ...ofVendors,
      ...ofPort,
      ...(toHubSante ? [own('hub-sante', toHubSante), ...authoritiesOf(toHubSante.trust.authorities)] : []),
    ],
    lists: [
      ...clients.flatMap(
        ([
          editor,
          {
            certificates: { trust },
          },
        ]) => listsOf(trust.lists, trust.authorities, editor),
      ),
      ...(inbound === undefined ? [] : listsOf(inbound.lists, inbound.state.authorities.all)),
      ...(toHubSante ? listsOf(toHubSante.trust.lists, toHubSante.trust.authorities) : []),
    ],
    alarms: standing.all.map(({ field, text, editor }) => ({ field, text, ...(editor && { editor }) })),
    queues: clients.map(([editor, { running, waiting, connections }]) => ({
      editor,
      running,
      waiting,
      connections,
    })),
    reload: metrics.lastReload,
  };
}

function own(
  role: ReportedCertificate['role'],
  { options, notAfterMs }: Certificates,
  editor?: string,
): ReportedCertificate {
  const { serialNumber: serial } = new X509Certificate(String(options.cert));
  return { role, serial, notAfterMs, ...(editor !== undefined && { editor }) };
}

function authoritiesOf(all: readonly Authority[], editor?: string): ReportedCertificate[] {
  return all.map(({ name, facts: { serial, notAfterMs } }) => ({
    role: 'authority',
    authority: name,
    serial,
    notAfterMs,
    ...(editor !== undefined && { editor }),
  }));
}

function listsOf(
  lists: HeldLists | undefined,
  authorities: readonly Authority[],
  editor?: string,
): ReportedList[] {
  return [...(lists ?? new Map()).values()].map(({ keyId, thisUpdateMs, nextUpdateMs }) => ({
    authority: authorities.find((one) => one.keyId === keyId)?.name ?? '',
    thisUpdateMs,
    ...(nextUpdateMs !== undefined && { nextUpdateMs }),
    ...(editor !== undefined && { editor }),
  }));
}
