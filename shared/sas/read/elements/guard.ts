// The last look before slots leave: a shape must break no error rule of its profile after repair. Run once per shape,
// not per slot. Practitioners, places and CPTS are conformant by the way they are written (each element is read and
// checked on its own); test/fuzz/answer-reader.test.ts holds them to every rule. Judging those here too took a
// sixth of the reader's time (docs/performance.md).

import type { JsonObject } from '../../../fhir/json.ts';
import type { Flow } from '../../query.ts';
import { judgeSlot } from '../../rules/slot.ts';
import { ruleOf } from '../../rules/table/table.ts';

/** Judges a slot of this shape with sample times: what differs between slots is strict by construction. */
export function isConformantShape(content: JsonObject, flow: Flow, isCpts: boolean): boolean {
  const slot = {
    resourceType: 'Slot',
    id: 'sample',
    ...content,
    schedule: { reference: 'Schedule/sample' },
    status: 'free',
    start: '2026-01-01T10:00:00.000+01:00',
    end: '2026-01-01T10:20:00.000+01:00',
  };
  const profile = flow === 'SOS' ? 'sos' : isCpts ? 'cpts' : 'individual';
  return judgeSlot(slot, profile).every(({ rule }) => ruleOf(rule).severity !== 'error');
}
