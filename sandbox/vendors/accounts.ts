// INT_R02 as a vendor keeps it: regulator accounts made by `POST Practitioner` and changed by conditional `PUT`.
// An account is named by system and value together. A PUT whose query finds nobody makes the account; an
// identifier that a withdrawn account still bears is released to whoever takes it, one of an active account is not.

import { setTimeout as delay } from 'node:timers/promises';
import { parseJson, readText } from '../base/body.ts';
import type { Exchange, Reply } from './exchange.ts';
import { AccountFaultSet } from './faults/account-faults.ts';
import { Refusal } from './outcome.ts';
import { FHIR_JSON, IDNPS_SYSTEM, REGULATOR_SYSTEM } from './search/codes.ts';
import { parseQuery } from './search/query.ts';

const BODY_BYTES_MAX = 64 << 10;
const ACCOUNTS_MAX = 5_000;
const TYPE_OF: Readonly<Record<string, string>> = { [IDNPS_SYSTEM]: 'IDNPS', [REGULATOR_SYSTEM]: 'INTRN' };

/** What a body says of an account. */
interface Wanted {
  readonly key: string;
  readonly active: boolean;
  readonly family: string;
  readonly given: string;
  readonly email: string;
}

type Json = Readonly<Record<string, unknown>>;

interface Name {
  readonly system: string;
  readonly value: string;
}

export interface Account {
  readonly id: string;
  /** `system|value`; undefined once released to another account. */
  key: string | undefined;
  active: boolean;
  family: string;
  given: string;
  email: string;
  /** How many times it was written. */
  version: number;
}

export class Accounts {
  readonly faults = new AccountFaultSet();
  readonly #accounts: Account[] = [];
  #made = 0;

  list(): readonly Account[] {
    return this.#accounts;
  }

  clear(): void {
    this.#accounts.length = 0;
    this.faults.replace([]);
  }

  /** As if the vendor had lost it. */
  forget(key: string): void {
    const at = this.#accounts.findIndex((account) => account.key === key);
    if (at >= 0) this.#accounts.splice(at, 1);
  }

  knows(key: string): boolean {
    return this.#find(key) !== undefined;
  }

  /** @throws Refusal */
  create(body: unknown, base: string): Reply {
    const wanted = readAccount(body);
    if (this.#find(wanted.key) !== undefined) {
      throw new Refusal(422, 'duplicate', 'un compte porte déjà cet identifiant : utiliser PUT');
    }
    return written(201, this.#add(wanted), base);
  }

  /** `key` is what the caller knew before the change. @throws Refusal */
  replace(key: string, body: unknown, base: string): Reply {
    const wanted = readAccount(body);
    const account = this.#find(key);
    const holder = this.#find(wanted.key);
    if (holder !== undefined && holder !== account) {
      if (holder.active)
        throw new Refusal(422, 'duplicate', 'un autre compte, actif, porte déjà cet identifiant');
      holder.key = undefined;
    }
    if (account === undefined) return written(201, this.#add(wanted), base);
    Object.assign(account, wanted, { version: account.version + 1 });
    return written(200, account, base);
  }

  #find(key: string): Account | undefined {
    return this.#accounts.find((account) => account.key === key);
  }

  #add(wanted: Wanted): Account {
    if (this.#accounts.length >= ACCOUNTS_MAX) throw new Refusal(503, 'no-store', 'trop de comptes');
    this.#made += 1;
    const account = { ...wanted, id: `compte-${this.#made}`, version: 1 };
    this.#accounts.push(account);
    return account;
  }
}

/** The answer to a POST or PUT of `/fhir/Practitioner`, as the account faults say. @throws Refusal */
export async function answerAccount(
  exchange: Exchange,
  accounts: Accounts,
  base: string,
  reset: (exchange: Exchange) => void,
): Promise<Reply> {
  const { request } = exchange;
  const text = await readText(request, BODY_BYTES_MAX, () => new Refusal(413, 'too-long', 'corps trop long'));
  const body = parseJson(text, () => new Refusal(400, 'structure', 'le corps n’est pas du JSON'));
  const faults = accounts.faults.take();
  const late = faults.get('late');
  // Not the exchange's wait: what is written late is written although the caller has left.
  if (late !== undefined) await delay(late.delayMs, undefined, { ref: false });
  const key = request.method === 'POST' ? undefined : readKey(request.url ?? '');
  if (key !== undefined && faults.has('strict-put') && !accounts.knows(key)) {
    throw new Refusal(404, 'not-found', 'aucun compte ne porte cet identifiant');
  }
  if (faults.has('forgetful')) return { status: key === undefined ? 201 : 200, headers: {}, body: '' };
  const write = (): Reply =>
    key === undefined ? accounts.create(body, base) : accounts.replace(key, body, base);
  const answer = faults.get('answer');
  if (answer !== undefined) {
    if (answer.writes) write();
    const { status, headers, body: said } = answer;
    const isWestern = Object.values(headers).some((value) => /iso-8859-1/i.test(value));
    const bytes = Buffer.from(said, isWestern ? 'latin1' : 'utf8');
    return { status, headers: { 'Content-Type': FHIR_JSON, ...headers }, body: bytes };
  }
  try {
    if (faults.has('twice')) write();
    const reply = write();
    if (faults.has('lost')) {
      reset(exchange);
      return await exchange.waitForever();
    }
    return faults.has('always-200') ? { ...reply, status: 200 } : reply;
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'duplicate') throw error;
    const odd = faults.get('odd-duplicate');
    if (odd !== undefined) {
      const issue = [{ severity: 'error', code: odd.code, diagnostics: 'refus demandé' }];
      const outcome = JSON.stringify({ resourceType: 'OperationOutcome', issue });
      return { status: odd.status, headers: { 'Content-Type': FHIR_JSON }, body: outcome };
    }
    if (!faults.has('mute-duplicate')) throw error;
    return { status: 400, headers: { 'Content-Type': 'text/plain' }, body: 'doublon' };
  }
}

/** `system|value` of a conditional PUT. @throws Refusal */
function readKey(url: string): string {
  const cut = url.indexOf('?');
  const values = parseQuery(cut < 0 ? '' : url.slice(cut + 1)).filter(({ name }) => name === 'identifier');
  const [token] = values;
  if (token === undefined || values.length > 1) {
    throw new Refusal(400, 'required', 'PUT demande un paramètre identifier, un seul');
  }
  return token.value;
}

function written(status: 200 | 201, account: Account, base: string): Reply {
  const location = `${base}/Practitioner/${account.id}`;
  return { status, headers: { 'Content-Type': FHIR_JSON, Location: location }, body: '' };
}

function readAccount(body: unknown): Wanted {
  if (!isObject(body) || body.resourceType !== 'Practitioner') {
    throw new Refusal(400, 'structure', 'une ressource Practitioner est attendue');
  }
  if (typeof body.active !== 'boolean') throw new Refusal(422, 'required', 'active est obligatoire');
  const { system, value } = readName(body.identifier);
  const name = first(body.name, 'name');
  const given = Array.isArray(name.given) ? name.given[0] : undefined;
  const email = first(body.telecom, 'telecom');
  if (email.system !== 'email') throw new Refusal(422, 'value', 'telecom est une adresse électronique');
  return {
    key: `${system}|${value}`,
    active: body.active,
    family: filled(name.family, 'name.family'),
    given: filled(given, 'name.given'),
    email: filled(email.value, 'telecom.value'),
  };
}

function readName(identifiers: unknown): Name {
  const identifier = first(identifiers, 'identifier');
  const system = filled(identifier.system, 'identifier.system');
  const type = isObject(identifier.type) ? first(identifier.type.coding, 'identifier.type.coding') : {};
  if (TYPE_OF[system] === undefined || type.code !== TYPE_OF[system]) {
    throw new Refusal(422, 'value', 'le type de l’identifiant ne correspond pas à son système');
  }
  return { system, value: filled(identifier.value, 'identifier.value') };
}

function first(list: unknown, name: string): Json {
  const [item]: readonly unknown[] = Array.isArray(list) ? list : [];
  if (!isObject(item)) throw new Refusal(422, 'required', `${name} est obligatoire`);
  return item;
}

function filled(value: unknown, name: string): string {
  if (typeof value !== 'string' || value.trim() === '') {
    throw new Refusal(422, 'required', `${name} est obligatoire`);
  }
  return value;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
