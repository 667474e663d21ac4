// GET /admin/practitioner-claims: of whom a vendor alone has shown slots, first in the period, and who does not declare it. Of a person the
// national identifier and nothing else. docs/front.md § 5.

import { jsonResponse, type RequestContext } from '../http/http.ts';
import { readPeriod } from '../http/period.ts';
import { listFirstClaims } from '../store/interfaced.ts';

/** The latest; what came before them in the period is not looked at. */
const LOOKED_AT_MAX = 2_000;

/** @throws GatewayError as `readPeriod` does, storage-unavailable. */
export async function reportPractitionerClaims(context: RequestContext): Promise<Response> {
  const { first, last, days, vendors } = readPeriod(context);
  const { lookedAt, claims } = await listFirstClaims(context.env.DB, {
    fromMs: days[0]?.fromMs ?? 0,
    toMs: days.at(-1)?.toMs ?? 0,
    max: LOOKED_AT_MAX,
  });
  const wanted = claims.filter(({ editor }) => vendors.length === 0 || vendors.includes(editor));
  const counts = [...Map.groupBy(wanted, ({ editor }) => editor)]
    .map(([editor, own]) => ({ editor, count: own.length }))
    .sort((one, other) => (one.editor < other.editor ? -1 : 1));
  const written = wanted.map(({ firstMs, lastMs, isDeclaredElsewhere, ...claim }) => ({
    ...claim,
    first: new Date(firstMs).toISOString(),
    last: new Date(lastMs).toISOString(),
    declaredElsewhere: isDeclaredElsewhere,
  }));
  const period = { timeZone: 'Europe/Paris', from: first, to: last, isWhole: lookedAt < LOOKED_AT_MAX };
  return jsonResponse({ ...period, counts, claims: written }, context);
}
