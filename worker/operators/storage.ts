// GET /admin/storage: how full each database is, whether it has all that was acknowledged, what each vendor has
// stored of its quota, and how far the changes of appointments are exported. POST /admin/storage/{database}/accept: an operator takes it as it is now.

import * as v from 'valibot';
import { within } from '../../shared/deadline.ts';
import { refuse } from '../../shared/sas/search-parameters.ts';
import { describeExport } from '../appointments/export/changes.ts';
import { measureVendors } from '../appointments/quotas.ts';
import { log } from '../base/log.ts';
import { gateOf } from '../gate/gate-of.ts';
import { STORE_NAMES } from '../gate/stores.ts';
import { readAs } from '../http/body.ts';
import { jsonResponse, type RequestContext } from '../http/http.ts';
import { operatorOf } from '../http/operator.ts';
import { acceptStore, lossNow } from '../store/loss.ts';
import { noteRestore } from '../store/restores.ts';
import { type DatabaseSize, measureDatabases } from '../store/sizes.ts';

const GATE_MS = 2_000;

/** Why a database that is another one, or has gone back, is right. */
export const ACCEPTED = v.strictObject({
  reason: v.pipe(
    v.string(),
    v.trim(),
    v.minLength(3),
    v.maxLength(300),
    v.description('Pourquoi ; sans nom de personne. Montré avec la base, jamais journalisé.'),
  ),
});
const BODY_BYTES_MAX = 2_048;

/** What does not answer is said to, and stops nothing else. */
export async function answerStorage(context: RequestContext): Promise<Response> {
  const { databaseBytesMax: limitBytes } = context.config;
  const [databases, exported, vendors] = await Promise.all([
    measureDatabases(context.env, limitBytes),
    describeExport(context.env),
    measureVendors(context.env).catch(() => 'unreachable' as const),
  ]);
  const told = await Promise.all(databases.map((size) => describe(context, size)));
  const quota = context.config.appointmentQuota;
  return jsonResponse({ limitBytes, databases: told, quota, vendors, export: exported }, context);
}

async function describe({ env }: RequestContext, size: DatabaseSize): Promise<unknown> {
  const asked = gateOf(env).storeWord(size.name);
  const word = await within(asked, GATE_MS, () => undefined).catch(() => undefined);
  const { mark, ill, accepted } = word ?? {};
  return {
    ...size,
    ...(mark && { identity: mark.identity, writes: mark.writes }),
    ...(accepted && {
      accepted: {
        at: new Date(accepted.atMs).toISOString(),
        operator: accepted.operator,
        reason: accepted.reason,
      },
    }),
    ...(ill && { ill: { what: ill.what, since: new Date(ill.sinceMs).toISOString() } }),
  };
}

/** @throws GatewayError parameter-invalid, body-*, storage-unavailable: what cannot be read cannot be accepted. */
export async function acceptStorage(context: RequestContext): Promise<Response> {
  const { database = '' } = context.parameters;
  const name = STORE_NAMES.find((known) => known === database);
  if (name === undefined) {
    throw refuse('parameter-invalid', 'database', 'Les bases sont core, appointments et cache.');
  }
  const { reason } = await readAs(
    context.request,
    ACCEPTED,
    BODY_BYTES_MAX,
    'reason, de 3 à 300 caractères.',
  );
  const operator = operatorOf(context.caller);
  // First, as accounts are told again once it is taken. A database that has no accounts any more says none.
  if (name === 'core' && (await lossNow(context.env, name, 0)) !== undefined) {
    await noteRestore(context.env.DB, Date.now(), context.config.accounts.restoreDays);
  }
  const before = await acceptStore(context.env, name, { atMs: Date.now(), operator, reason });
  log('warn', 'store-accepted', {
    requestId: context.requestId,
    database: name,
    operator,
    ...(before !== undefined && { detail: before }),
  });
  return answerStorage(context);
}
