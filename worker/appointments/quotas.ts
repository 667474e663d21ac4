// How near each vendor is to its quota: for GET /admin/storage, and every tenth minute as an alarm before anything is
// refused. docs/storage.md "Quotas".

import { readConfig } from '../base/config.ts';
import type { Env } from '../base/env.ts';
import { log } from '../base/log.ts';
import { createdNow, quotaStateAt, shareOf } from './model/quota.ts';
import { readUsages } from './tables/usage.ts';

/** One vendor's part of the database of appointments. */
export interface VendorStorage {
  readonly vendor: string;
  /** `near`: from 80 % of its quota; `full`: nothing new is taken. */
  readonly state: 'well' | 'near' | 'full';
  readonly versions: number;
  readonly bytes: number;
  /** New appointments of the hour that runs. */
  readonly createdThisHour: number;
  /** Of the quota that is nearest, 0 to 1 and the reserve. */
  readonly share: number;
}

/** `nowMs`: milliseconds since 1970. @throws GatewayError storage-unavailable, misconfigured. */
export async function measureVendors(env: Env, nowMs = Date.now()): Promise<VendorStorage[]> {
  const { appointmentQuota } = readConfig(env);
  const usages = await readUsages(env.APPOINTMENTS);
  return usages.map((usage) => {
    const { vendor, versions, bytes } = usage;
    const createdThisHour = createdNow(usage, nowMs);
    const share = Math.max(
      shareOf(usage, appointmentQuota),
      createdThisHour / appointmentQuota.createdPerHour,
    );
    return {
      vendor,
      state: quotaStateAt(share),
      versions,
      bytes,
      createdThisHour,
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
