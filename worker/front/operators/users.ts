// GET /admin/front/users, PUT and DELETE /admin/front/users/{name}: who may sign in at login_check. A secret goes in,
// and never comes out. Users of the setting FRONT_USERS are shown, and changed there only.

import * as v from 'valibot';
import { GatewayError } from '../../../shared/error.ts';
import { log } from '../../base/log.ts';
import { readAs } from '../../http/body.ts';
import { jsonResponse, type RequestContext } from '../../http/http.ts';
import { operatorOf } from '../../http/operator.ts';
import { hashSecret } from '../sign-in/secret-hash.ts';
import { deleteFrontUser, listFrontUsers, saveFrontUser } from '../tables/users.ts';

const BODY_BYTES_MAX = 1_024;
const NAME = /^[\w.-]{1,100}$/;
const SECRET_LENGTH_MIN = 12;
const SECRET_LENGTH_MAX = 200;
/** The body. */
export const FRONT_USER = v.strictObject({
  secret: v.pipe(
    v.string(),
    v.minLength(SECRET_LENGTH_MIN),
    v.maxLength(SECRET_LENGTH_MAX),
    v.description('Gardé haché, jamais rendu.'),
  ),
});

/** Names only, never secrets. @throws GatewayError storage-unavailable. */
export async function answerFrontUsers(context: RequestContext): Promise<Response> {
  const fromSetting = [...context.config.front.users.keys()];
  const stored = await listFrontUsers(context.env.DB);
  return jsonResponse(
    {
      users: [
        ...fromSetting.map((name) => ({ name, from: 'setting' })),
        ...stored
          .filter(({ name }) => !fromSetting.includes(name))
          .map(({ name, updatedMs }) => ({
            name,
            from: 'store',
            updated: new Date(updatedMs).toISOString(),
          })),
      ],
    },
    context,
  );
}

/**
 * Makes a user or changes its secret. @throws GatewayError parameter-invalid, body-*, storage-unavailable.
 */
export async function putFrontUser(context: RequestContext): Promise<Response> {
  const name = nameOf(context);
  const { secret } = await readAs(
    context.request,
    FRONT_USER,
    BODY_BYTES_MAX,
    `Attendu : {"secret": "…"}, de ${SECRET_LENGTH_MIN} à ${SECRET_LENGTH_MAX} caractères.`,
  );
  await saveFrontUser(context.env.DB, name, await hashSecret(secret), context.startedMs);
  log('info', 'front-user-saved', { requestId: context.requestId, operator: operatorOf(context.caller) });
  return jsonResponse({ name, from: 'store' }, context);
}

/** Tokens already given live out their 65 minutes; new keys in FRONT_KEYS end them all at once. */
export async function removeFrontUser(context: RequestContext): Promise<Response> {
  const name = nameOf(context);
  if (!(await deleteFrontUser(context.env.DB, name))) {
    throw new GatewayError({ reason: 'not-found', text: 'Aucun utilisateur enregistré n’a ce nom.' });
  }
  log('info', 'front-user-removed', { requestId: context.requestId, operator: operatorOf(context.caller) });
  return jsonResponse({ name, removed: true }, context);
}

/** @throws GatewayError parameter-invalid; duplicate for a user of the setting, which wins over the store. */
function nameOf({ parameters, config }: RequestContext): string {
  const name = parameters.name ?? '';
  if (!NAME.test(name)) {
    throw new GatewayError({
      reason: 'parameter-invalid',
      text: 'Un nom est fait de lettres sans accent, chiffres, points et tirets (100 au plus).',
    });
  }
  if (!config.front.users.has(name)) return name;
  throw new GatewayError({
    reason: 'duplicate',
    text: 'Cet utilisateur vient du réglage FRONT_USERS, qui l’emporte : le changer là.',
  });
}
