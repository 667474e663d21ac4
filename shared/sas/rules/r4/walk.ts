// Walks a JSON value along the R4 shape of its type and reports what R4 itself forbids: unknown elements,
// wrong types, empty elements, broken primitives, datatype invariants, rules of contained resources. Profiles
// come after, and may then read any path without fear. Recursion is bounded by the checker's path.
import { type Checker, isObject, type Json, list } from './checker.ts';
import { instantMs } from './formats.ts';
import { type Field, SHAPES, type Shape } from './shapes.ts';

/** Reports and returns false unless `value` is a resource of that type, which is then walked. */
export function walkResource(c: Checker, value: unknown, type: string): value is Json {
  const shape = SHAPES.get(type);
  if (!isObject(value) || value.resourceType !== type || shape === undefined) {
    c.failExpecting('r4-resource-type', () => type);
    return false;
  }
  if (value.contained === undefined) {
    walk(c, value, shape);
    return true;
  }
  c.contained = new Map();
  for (const contained of list(value.contained)) {
    if (isObject(contained) && typeof contained.id === 'string') c.contained.set(contained.id, false);
  }
  walk(c, value, shape);
  list(value.contained).forEach((contained, index) => {
    if (!isObject(contained)) return;
    if (typeof contained.id !== 'string' || c.contained?.get(contained.id) === false) {
      c.fail('r4-dom-3', 'contained', index);
    }
  });
  c.contained = undefined;
  return true;
}

function walk(c: Checker, value: Json, shape: Shape): void {
  let empty = true;
  const fields = shape.fields;
  for (const key in value) {
    empty = false;
    const field = fields.get(key);
    c.enter(key);
    if (field === undefined) walkUnknown(c, value, key, shape);
    else if (field.many) walkMany(c, field, value[key], value, key);
    else walkOne(c, field, value[key]);
    c.leave();
    if (c.full) return;
  }
  if (empty) c.fail('r4-ele-1');
  for (const name of shape.required) if (value[name] === undefined) c.fail('r4-required', name);
  checkInvariant(c, value, shape.name);
}

function walkMany(c: Checker, field: Field, value: unknown, owner: Json, key: string): void {
  if (!Array.isArray(value)) {
    c.fail(value === null ? 'r4-ele-1' : 'r4-array');
    return;
  }
  if (value.length === 0) c.fail('r4-ele-1');
  if (field.modifier) c.fail('r4-modifier');
  for (let index = 0; index < value.length; index += 1) {
    const item: unknown = value[index];
    // R4 JSON: a null stands for a primitive without value when `_name` has its extensions at that index.
    if (item === null && field.primitive !== undefined && isObject(list(owner[`_${key}`])[index])) continue;
    c.enter(index);
    walkOne(c, field, item);
    c.leave();
    if (c.full) return;
  }
}

function walkOne(c: Checker, field: Field, value: unknown): void {
  if (field.primitive !== undefined) {
    if (field.modifier && !Array.isArray(value)) c.fail('r4-modifier');
    if (Array.isArray(value)) c.fail('r4-array');
    else {
      field.primitive(c, value);
      if (field.codes !== undefined && typeof value === 'string' && value !== '' && !field.codes.has(value)) {
        const codes = field.codes;
        c.failExpecting('r4-code-list', () => [...codes].join(', '));
      }
    }
    return;
  }
  if (!isObject(value)) {
    c.fail(value === null ? 'r4-ele-1' : Array.isArray(value) ? 'r4-array' : 'r4-type');
    return;
  }
  if (c.tooDeep) {
    c.fail('r4-depth');
    return;
  }
  if (field.shape !== undefined) walk(c, value, field.shape);
  else if (field.resource === 'contained') walkContained(c, value);
  else if (field.resource === undefined) walkLoose(c, value);
}

/** `_name` carries the id and extensions of the primitive `name`; anything else is not R4. */
function walkUnknown(c: Checker, owner: Json, key: string, shape: Shape): void {
  const field = key.startsWith('_') ? shape.fields.get(key.slice(1)) : undefined;
  const element = SHAPES.get('Element');
  if (field?.primitive === undefined || element === undefined) {
    c.fail('r4-element-unknown');
    return;
  }
  const value = owner[key];
  if (field.many !== Array.isArray(value)) {
    c.fail(value === null ? 'r4-ele-1' : 'r4-array');
    return;
  }
  const items = field.many ? list(value) : [value];
  if (items.length === 0) c.fail('r4-ele-1');
  items.forEach((item, index) => {
    if (c.full || (item === null && field.many && list(owner[key.slice(1)])[index] !== undefined)) return;
    if (isObject(item) && !c.tooDeep) walk(c, item, element);
    else c.fail(item === null ? 'r4-ele-1' : isObject(item) ? 'r4-depth' : 'r4-type');
  });
}

function walkContained(c: Checker, value: Json): void {
  const type = value.resourceType;
  if (typeof type !== 'string' || type === '') {
    c.fail('r4-resource-type');
    return;
  }
  if (value.contained !== undefined) c.fail('r4-dom-2', 'contained');
  if (isObject(value.meta)) {
    if (value.meta.versionId !== undefined) c.fail('r4-dom-4', 'meta', 'versionId');
    if (value.meta.lastUpdated !== undefined) c.fail('r4-dom-4', 'meta', 'lastUpdated');
    if (value.meta.security !== undefined) c.fail('r4-dom-5', 'meta', 'security');
  }
  const shape = SHAPES.get(type);
  if (shape?.fields.has('resourceType')) walk(c, value, shape);
  else walkLoose(c, value);
}

/** A type that is not modelled here: only emptiness and depth are judged. */
function walkLoose(c: Checker, value: Json | readonly unknown[]): void {
  let empty = true;
  for (const [key, item] of Object.entries(value)) {
    empty = false;
    if (c.full) return;
    c.enter(Array.isArray(value) ? Number(key) : key);
    if (item === null || item === '') c.fail('r4-ele-1');
    else if (typeof item === 'object') {
      if (c.tooDeep) c.fail('r4-depth');
      else walkLoose(c, item as Json);
    }
    c.leave();
  }
  if (empty) c.fail('r4-ele-1');
}

function checkInvariant(c: Checker, value: Json, type: string): void {
  switch (type) {
    case 'Reference':
      checkLocalReference(c, value.reference);
      return;
    case 'Extension': {
      let parts = value.extension === undefined ? 0 : 1;
      for (const key in value) {
        if (key.startsWith('value') || (key.startsWith('_value') && value[key.slice(1)] === undefined))
          parts += 1;
      }
      if (parts !== 1) c.fail('r4-ext-1');
      return;
    }
    case 'Period':
      if (
        typeof value.start === 'string' &&
        typeof value.end === 'string' &&
        endsBefore(value.start, value.end)
      ) {
        c.fail('r4-per-1');
      }
      return;
    case 'ContactPoint':
      if (value.value !== undefined && value.system === undefined) c.fail('r4-cpt-2');
      return;
    case 'Attachment':
      if (value.data !== undefined && value.contentType === undefined) c.fail('r4-att-1');
      return;
  }
}

function checkLocalReference(c: Checker, reference: unknown): void {
  if (typeof reference !== 'string' || reference.charCodeAt(0) !== 35 || reference === '#') return;
  const id = reference.slice(1);
  if (c.contained?.has(id)) c.contained.set(id, true);
  else c.fail('r4-ref-1', 'reference');
}

/** Partial dates are compared on the part they share, as R4 does. */
function endsBefore(start: string, end: string): boolean {
  const startMs = instantMs(start);
  const endMs = instantMs(end);
  if (!Number.isNaN(startMs) && !Number.isNaN(endMs)) return endMs < startMs;
  const shared = Math.min(start.length, end.length, 10);
  return end.slice(0, shared) < start.slice(0, shared);
}
