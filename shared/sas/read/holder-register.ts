// Whose an agenda is: the practitioners or associations of one answer, each read once, and those of them who were asked.

import type { JsonObject } from '../../fhir/json.ts';
import type { Flow } from '../query.ts';
import { type Concern, type Doubts, type Refusal, refuse } from './doubts.ts';
import type { FoundAll } from './elements/bundle-index.ts';
import { type Holder, readAssociation, readPractitioner } from './elements/holder.ts';
import type { ReaderMemory } from './reader-memory.ts';
import type { Tally } from './tally.ts';

export interface HolderQuestion {
  readonly flow: Flow;
  /** Prefixed national identifiers asked. */
  readonly subjects: readonly string[];
  readonly hash: (text: string) => string;
  readonly memory: ReaderMemory;
}

/** One of an answer. */
export class HolderRegister {
  readonly #question: HolderQuestion;
  readonly #repaired: Tally;
  readonly #doubts: Doubts;
  readonly #asked: ReadonlySet<string>;
  readonly #holderByResource = new Map<JsonObject, Holder | undefined>();
  readonly #holders = new Map<string, Holder>();

  constructor(question: HolderQuestion, repaired: Tally, doubts: Doubts) {
    this.#question = question;
    this.#repaired = repaired;
    this.#doubts = doubts;
    this.#asked = new Set(question.subjects);
  }

  /** The fullest of those read for one who was asked. */
  of(subject: string): Holder | undefined {
    return this.#holders.get(subject);
  }

  /** Whose agenda it is, when all that it names are one, and that one was asked. */
  only({ found, lost, isAmbiguous }: FoundAll): Holder | Refusal {
    if (isAmbiguous) return refuse('slot-reference-ambiguous', 'anybody');
    const holders = found.map(({ resource }) => this.#holder(resource));
    const [first] = holders;
    if (first === undefined || lost > 0 || holders.includes(undefined))
      return refuse('slot-holder-unresolved', 'anybody');
    const ids = new Set(holders.flatMap((holder) => holder?.ids ?? []));
    const asked = [...ids].filter((id) => this.#asked.has(id));
    // One person under RPPS and ADELI is one; two people are not.
    if (holders.some((holder) => holder?.subject !== first.subject) || isOfTwo(asked))
      return refuse('slot-holder-ambiguous', asked);
    if (asked.length === 0) return refuse('slot-of-someone-else', this.#unlike(ids));
    // Asked by a number that he had once.
    if (!asked.includes(first.subject)) return refuse('slot-holder-ambiguous', asked);
    // Asked by both his numbers, he is shown under one.
    if (asked.length > 1)
      this.#doubts.add(
        refuse(
          'slot-holder-ambiguous',
          asked.filter((id) => id !== first.subject),
        ),
      );
    return first;
  }

  /** Of those asked: whom this may be all the same, because it does not carry the kind of identifier they were asked by. */
  #unlike(ids: ReadonlySet<string>): Concern {
    const kinds = new Set([...ids].map((id) => id[0]));
    return this.#question.subjects.filter((subject) => !kinds.has(subject[0]));
  }

  #holder(resource: JsonObject): Holder | undefined {
    if (this.#holderByResource.has(resource)) return this.#holderByResource.get(resource);
    const { hash, memory } = this.#question;
    const context = { asked: this.#asked, hash, known: memory.holders };
    const holder =
      this.#question.flow === 'SOS'
        ? readAssociation(resource, context)
        : readPractitioner(resource, context);
    this.#holderByResource.set(resource, holder);
    if (holder !== undefined && this.#asked.has(holder.subject)) this.#keep(holder);
    return holder;
  }

  #keep(holder: Holder): void {
    this.#repaired.addAll(holder.repairs);
    const known = this.#holders.get(holder.subject);
    if (known !== undefined) this.#repaired.add('practitioner-merged');
    if (known === undefined || holder.rank > known.rank) this.#holders.set(holder.subject, holder);
  }
}

/** Two numbers of one kind are two people. */
function isOfTwo(asked: readonly string[]): boolean {
  return new Set(asked.map((id) => id[0])).size < asked.length;
}
