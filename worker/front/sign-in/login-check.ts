// POST /v1/login_check: name and secret of a front user → the token of every other call. Before each call of the
// front's server, so it must cost little. docs/guide.md G-902.

import * as v from 'valibot';
import { within } from '../../../shared/deadline.ts';
import { GatewayError } from '../../../shared/error.ts';
import { gateOf } from '../../gate/gate-of.ts';
import { readAs } from '../../http/body.ts';
import { clientAddress } from '../../http/client-address.ts';
import { jsonResponse, type RequestContext } from '../../http/http.ts';
import { secretOfFrontUser } from '../tables/users.ts';
import { createSignInGuard, type SignInGuard, type Verdict } from './guard.ts';
import { signFrontToken } from './token.ts';

const BODY_BYTES_MAX = 4_096;
const text = v.pipe(v.string(), v.maxLength(500));
/** The body. */
export const CREDENTIALS = v.object({ username: text, password: text });

const judgeUser = createSignInGuard('user');
const judgeBasic = createSignInGuard('basic');

/** POST login_check: a token for a name and its secret. docs/front.md. */
export async function answerLoginCheck(context: RequestContext): Promise<Response> {
  const { signingKey } = context.config.front;
  if (signingKey === undefined) {
    throw new GatewayError({
      reason: 'misconfigured',
      text: 'Aucune clé ne signe les jetons du portail ; l’exploitant est prévenu.',
      detail: 'FRONT_KEYS is missing',
    });
  }
  await checkBasic(context);
  const { username, password } = await readAs(
    context.request,
    CREDENTIALS,
    BODY_BYTES_MAX,
    'Le corps attendu est {"username": "…", "password": "…"}.',
  );
  await checkUser(context, username, password);
  return jsonResponse({ token: await signFrontToken(signingKey, username, context.startedMs) }, context);
}

/** The setting's users sign in also when D1 is down: what it holds is waited for so long, that no name is told by it. */
const TABLE_MS = 1_000;

async function checkUser(context: RequestContext, name: string, secret: string): Promise<void> {
  const ofSetting = context.config.front.users.get(name);
  const given = { name, secret, address: addressOf(context) };
  if (ofSetting !== undefined) {
    if (await judgeUser.knows({ ...given, stored: ofSetting }, context.startedMs)) return;
    await within(secretOfFrontUser(context, name), TABLE_MS, () => undefined).catch(() => undefined);
  }
  const stored = ofSetting ?? (await secretOfFrontUser(context, name));
  refuse(await judgeUser.judge({ ...given, stored }, surroundingsOf(context)));
}

/** The front may send Basic also where none is asked for: it is passed over then. */
async function checkBasic(context: RequestContext): Promise<void> {
  const { request, config } = context;
  const { basic } = config.front;
  if (basic === undefined) return;
  const at = basic.indexOf(':');
  const name = basic.slice(0, at);
  const [givenName, secret] = readBasic(request.headers.get('Authorization') ?? '');
  const stored = givenName === name ? basic.slice(at + 1) : undefined;
  const attempt = { name: givenName, secret, stored, address: addressOf(context) };
  refuse(await judgeBasic.judge(attempt, surroundingsOf(context)));
}

function surroundingsOf({ env, startedMs, waitUntil }: RequestContext): Parameters<SignInGuard['judge']>[1] {
  return { nowMs: startedMs, brakes: gateOf(env), waitUntil };
}

function readBasic(header: string): readonly [name: string, secret: string] {
  const encoded = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(header.trim())?.[1];
  if (encoded === undefined) return ['', ''];
  try {
    const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
    const [, name = '', secret = ''] = /^([^:]*):(.*)$/s.exec(new TextDecoder().decode(bytes)) ?? [];
    return [name, secret];
  } catch {
    return ['', ''];
  }
}

function refuse(verdict: Verdict): void {
  if (verdict === 'right') return;
  throw verdict === 'wrong'
    ? new GatewayError({ reason: 'credentials-invalid', text: 'Nom ou mot de passe incorrect.' })
    : new GatewayError({
        reason: 'too-many-requests',
        text: 'Trop d’essais manqués ; recommencer dans quelques secondes.',
      });
}

function addressOf({ request, config }: RequestContext): string {
  return clientAddress(request, config.clientAddress);
}
