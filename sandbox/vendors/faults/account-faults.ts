// How a vendor can be told to mistreat the accounts it is sent. Unlike the other faults these are about what is
// written and what is said of it: an account made although the answer is lost, made late, twice, or behind the back
// of a caller who has left.

export const ACCOUNT_FAULTS = {
  lost: 'Écrit le compte, puis réinitialise la connexion sans répondre.',
  late: 'Écrit le compte et répond après delayMs, même si l’appelant est parti.',
  twice: 'Traite deux fois la même demande, et répond à la seconde.',
  'always-200': 'Répond 200 à une création comme à une mise à jour.',
  'strict-put': 'Refuse par 404 le PUT d’un compte inconnu.',
  'mute-duplicate': 'Refuse un doublon par 400, sans OperationOutcome.',
  'odd-duplicate':
    'Refuse un doublon par status (422) et le code code (processing), comme le font d’autres serveurs.',
  answer:
    'Répond body (texte, ou objet JSON) avec status (200) et headers, dans leur charset ; écrit le compte si writes.',
  forgetful: 'Répond 200 ou 201 sans rien écrire.',
} as const;

export type AccountFaultKind = keyof typeof ACCOUNT_FAULTS;

export interface AccountFault {
  readonly kind: AccountFaultKind;
  /** Requests it still applies to; null without end. */
  readonly times: number | null;
  readonly delayMs: number;
  readonly status: number;
  readonly code: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly writes: boolean;
}

const LATE_MS = 1_000;

/** Reads one fault or a list, a bare name or an object; a sentence when it is not acceptable. */
export function readAccountFaults(input: unknown): readonly AccountFault[] | string {
  const faults: AccountFault[] = [];
  for (const item of Array.isArray(input) ? input : [input]) {
    const given: unknown = typeof item === 'string' ? { kind: item } : item;
    if (typeof given !== 'object' || given === null) return 'Une panne est un nom ou un objet { kind }.';
    const input: Record<string, unknown> = { ...given };
    const { kind, times = null, delayMs = LATE_MS } = input;
    if (typeof kind !== 'string' || !isKind(kind)) {
      return `Les pannes des comptes : ${Object.keys(ACCOUNT_FAULTS).join(', ')}.`;
    }
    if (times !== null && !(typeof times === 'number' && Number.isInteger(times) && times > 0)) {
      return 'times est un entier positif.';
    }
    if (typeof delayMs !== 'number' || !(delayMs >= 0)) return 'delayMs est un nombre positif.';
    const answer = readAnswer(input, kind === 'odd-duplicate' ? 422 : 200);
    if (typeof answer === 'string') return answer;
    faults.push({ kind, times, delayMs, ...answer });
  }
  return faults;
}

type Answer = Pick<AccountFault, 'status' | 'code' | 'body' | 'headers' | 'writes'>;

function readAnswer(input: Readonly<Record<string, unknown>>, usual: number): Answer | string {
  const { status = usual, code = 'processing', body = '', headers = {}, writes = false } = input;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) {
    return 'status est un entier de 200 à 599.';
  }
  if (typeof code !== 'string') return 'code est un texte.';
  if (typeof writes !== 'boolean') return 'writes est un booléen.';
  if (typeof headers !== 'object' || headers === null) return 'headers est un objet.';
  const texts = Object.entries(headers).map(([name, value]) => [name, String(value)] as const);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status, code, body: text, headers: Object.fromEntries(texts), writes };
}

function isKind(name: string): name is AccountFaultKind {
  return Object.hasOwn(ACCOUNT_FAULTS, name);
}

export class AccountFaultSet {
  #faults: readonly AccountFault[] = [];

  list(): readonly AccountFault[] {
    return this.#faults;
  }

  replace(faults: readonly AccountFault[]): void {
    this.#faults = [...faults];
  }

  /** Those of one request, each counted as used once. */
  take(): ReadonlyMap<AccountFaultKind, AccountFault> {
    const taken = new Map(this.#faults.map((fault) => [fault.kind, fault] as const));
    this.#faults = this.#faults.flatMap((fault) => {
      if (fault.times === null) return [fault];
      return fault.times > 1 ? [{ ...fault, times: fault.times - 1 }] : [];
    });
    return taken;
  }
}
