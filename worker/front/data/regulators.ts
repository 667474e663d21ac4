// PUT /v1/regulators and PUT /v1/regulators/login: what the front says of a regulator's account. A user waits behind
// both: recorded and answered at once, vendors are told behind the answer. docs/guide.md G-911, G-930, G-931, G-936;
// docs/accounts.md.

import * as v from 'valibot';
import { GatewayError } from '../../../shared/error.ts';
import type { Result } from '../../../shared/result.ts';
import { type Engine, openEngine } from '../../accounts/engine.ts';
import {
  type FrontRefusal,
  type FrontRegulator,
  logInFromFront,
  recordFromFront,
} from '../../accounts/front.ts';
import type { Saved } from '../../accounts/save.ts';
import { withdrawEverywhere } from '../../accounts/withdraw.ts';
import { describeUnexpected, log } from '../../base/log.ts';
import { readAs } from '../../http/body.ts';
import { jsonResponse, type RequestContext } from '../../http/http.ts';

const BODY_BYTES_MAX = 32_768;
const text = (description = '') =>
  v.pipe(
    v.nullish(v.pipe(v.string(), v.maxLength(250), v.description(description)), ''),
    v.transform((value) => value.trim()),
  );

/** The body of both; without `uuid` or `habilitation` nothing is recorded. */
export const REGULATOR = v.object({
  uuid: text('Identifiant du compte au SAS : la clé.'),
  lastName: text(),
  firstName: text(),
  email: text(),
  nationalId: text('"" quand il n’y en a pas.'),
  habilitation: v.nullish(v.pipe(v.boolean(), v.description('false retire les accès partout.'))),
  sasTerritories: v.nullish(v.pipe(v.array(v.pipe(v.string(), v.maxLength(250))), v.maxLength(200)), []),
});

/** PUT /v1/regulators. docs/front.md. */
export async function recordRegulator(context: RequestContext): Promise<Response> {
  return record(context, await readMessage(context));
}

async function record(context: RequestContext, message: FrontRegulator): Promise<Response> {
  const engine = engineOf(context);
  const saved = accepted(await recordFromFront(engine, message));
  if (saved?.isWithdrawn === true) behind(context, withdrawEverywhere(engine, saved.regulator.id));
  return answer(context, fateOf(saved));
}

/** PUT /v1/regulators/login. docs/front.md. */
export async function logInRegulator(context: RequestContext): Promise<Response> {
  const message = await readMessage(context);
  // The front sends true. What else comes is no sign-in, whatever its path says.
  if (!message.habilitation) return record(context, message);
  const login = accepted(await logInFromFront(engineOf(context), message));
  behind(context, login.told);
  return answer(context, 'login');
}

/** What fails there is the schedule's to finish; the log says that it did. */
function behind({ waitUntil, requestId }: RequestContext, working: Promise<unknown>): void {
  waitUntil(
    working.catch((cause: unknown) =>
      log('error', 'vendors-not-told', {
        requestId,
        flow: 'INT_R02',
        reason: cause instanceof GatewayError ? cause.reason : 'internal',
        detail: cause instanceof GatewayError ? (cause.detail ?? '') : describeUnexpected(cause),
      }),
    ),
  );
}

function engineOf({ env, requestId, startedMs, caller }: RequestContext): Engine {
  return openEngine(env, requestId, { startMs: startedMs, caller: `front ${caller?.subject ?? ''}` });
}

/** @throws GatewayError body-malformed, body-too-large, parameter-invalid, rule-broken. */
async function readMessage({ request }: RequestContext): Promise<FrontRegulator> {
  const { habilitation, ...fields } = await readAs(
    request,
    REGULATOR,
    BODY_BYTES_MAX,
    (path) => `Champ inattendu ou trop long : ${path === 'body' ? 'le corps' : path}.`,
  );
  // The front has lost the account: there is nobody to withdraw the right from, nor to give it to.
  if (fields.uuid === '' || habilitation === undefined || habilitation === null) throw incomplete();
  return { ...fields, habilitation };
}

/** @throws GatewayError rule-broken, duplicate. */
function accepted<T>(result: Result<T, FrontRefusal>): T {
  if (result.ok) return result.value;
  throw result.error === 'incomplete'
    ? incomplete()
    : new GatewayError({
        reason: 'duplicate',
        text: 'Un autre régulateur, habilité, porte déjà cet identifiant national.',
      });
}

function incomplete(): GatewayError {
  return new GatewayError({
    reason: 'rule-broken',
    text: 'Compte incomplet (uuid, nom, prénom, adresse, habilitation) : rien n’est enregistré.',
  });
}

function fateOf(saved: Saved | undefined): string {
  if (saved === undefined) return 'passed over';
  if (saved.isWithdrawn) return saved.regulator.wave === undefined ? 'withdrawn' : 'withdrawal held';
  if (saved.isNew) return 'created';
  return saved.isChanged ? 'changed' : 'same';
}

function answer(context: RequestContext, detail: string): Response {
  log('info', 'regulator-recorded', {
    requestId: context.requestId,
    flow: 'INT_R02',
    status: 200,
    detail,
    durationMs: Date.now() - context.startedMs,
  });
  return jsonResponse({ accepted: true }, context);
}
