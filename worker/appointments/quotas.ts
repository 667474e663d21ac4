// How near each vendor is to its quota: for GET /admin/storage, and every tenth minute as an alarm before anything is
// refused. docs/storage.md "Quotas".

import { readConfig } from '../base/config.ts';
import type { Env } from '../base/env.ts';
import { log } from '../base/log.ts';
import { quotaStateAt, shareOf } from './model/quota.ts';
import { readUsages } from './tables/usage.ts';

/** One vendor's part of the database of appointments. */
export interface VendorStorage {
  readonly vendor: string;
  /** `near`: from 80 % of its quota; `full`: nothing new is taken. */
  readonly state: 'well' | 'near' | 'full';
  readonly versions: number;
  readonly bytes: number;
  /** Of the quota that is nearer, 0 to 1 and the reserve. */
  readonly share: number;
}

/** @throws GatewayError storage-unavailable, misconfigured. */
export async function measureVendors(env: Env): Promise<VendorStorage[]> {
  const { appointmentQuota } = readConfig(env);
  const usages = await readUsages(env.APPOINTMENTS);
  return usages.map(({ vendor, versions, bytes }) => {
    const share = shareOf({ versions, bytes }, appointmentQuota);
    return {
      vendor,
      state: quotaStateAt(share),
      versions,
      bytes,
      share: Math.round(share * 10_000) / 10_000,
    };
  });
}

/** A line for each vendor from 80 % on, an error from 100 %. One query. */
export async function watchQuotas(env: Env): Promise<void> {
  for (const { vendor, state, bytes, versions, share } of await measureVendors(env)) {
    const fields = { editor: vendor, bytes, count: versions, percent: Math.floor(share * 100) };
    if (state === 'full') log('error', 'vendor-quota-full', fields);
    else if (state === 'near') log('warn', 'vendor-quota-near', fields);
  }
}
