// The shapes of one answer's slots: each is read once, and has its place in the answer's list.

import type { Found, Scope } from '../../fhir/bundle-page.ts';
import type { JsonObject } from '../../fhir/json.ts';
import type { SlotShape } from '../answer.ts';
import type { Flow } from '../query.ts';
import type { CptsRegister } from './elements/cpts.ts';
import type { ReadRuleId } from './elements/rules.ts';
import { isOwnShape } from './elements/shape-signature.ts';
import { readShape, type ShapedSlot } from './elements/slot-shape.ts';
import type { ReaderMemory } from './reader-memory.ts';

interface KnownShape {
  readonly index: number;
  readonly repairs: readonly ReadRuleId[];
}

/** By signature. */
type KnownShapes = Map<string, KnownShape | ReadRuleId>;

/** One of an answer. */
export class ShapeRegister {
  /** In the order of their indexes. */
  readonly shapes: SlotShape[] = [];
  readonly #flow: Flow;
  readonly #cpts: CptsRegister;
  readonly #memory: ReaderMemory;
  readonly #shapeBySignature: KnownShapes = new Map();
  readonly #shapesByScope = new Map<Scope, KnownShapes>();

  constructor(flow: Flow, cpts: CptsRegister, memory: ReaderMemory) {
    this.#flow = flow;
    this.#cpts = cpts;
    this.#memory = memory;
  }

  /** With the code of a CPTS the same words lead elsewhere from another base or page. */
  of(slot: Found, signature: string): KnownShape | ReadRuleId {
    const shape = this.#shapeBySignature.get(signature);
    if (shape !== undefined) return shape;
    const known = isOwnShape(signature) ? this.#shapeBySignature : this.#shapesIn(slot);
    return known.get(signature) ?? this.#newShape(slot, signature, known);
  }

  #newShape(slot: Found, signature: string, known: KnownShapes): KnownShape | ReadRuleId {
    const read = this.#readShape(slot, signature);
    let shape: KnownShape | ReadRuleId;
    if (typeof read === 'string') shape = read;
    else {
      this.shapes.push({ text: read.text, services: read.services });
      shape = { index: this.shapes.length - 1, repairs: read.repairs };
    }
    known.set(signature, shape);
    return shape;
  }

  #shapesIn({ scope, resource }: Found): KnownShapes {
    if (resource.contained !== undefined) return new Map();
    let known = this.#shapesByScope.get(scope);
    if (known === undefined) {
      known = new Map();
      this.#shapesByScope.set(scope, known);
    }
    return known;
  }

  #readShape(slot: Found, signature: string): ShapedSlot | ReadRuleId {
    const { services } = this.#cpts;
    const find = (reference: JsonObject | undefined) => this.#cpts.find(reference, slot);
    const read = (): ShapedSlot | ReadRuleId => readShape(slot.resource, this.#flow, { services, find });
    return isOwnShape(signature) ? this.#memory.shapeOf(this.#flow, signature, read) : read();
  }
}
