// Table `vendor_usage`: what each vendor has stored. Triggers of the migration write it; some twenty rows.

import { guardIdempotent } from '../../store/guard.ts';
import type { Usage } from '../model/quota.ts';

/** Of every vendor that ever stored something. @throws GatewayError storage-unavailable. */
export async function readUsages(db: D1Database): Promise<readonly (Usage & { readonly vendor: string })[]> {
  const { results } = await guardIdempotent(() =>
    db
      .prepare('SELECT editor AS vendor, versions, bytes, hour, created FROM vendor_usage ORDER BY editor')
      .all<Usage & { vendor: string }>(),
  );
  return results;
}
