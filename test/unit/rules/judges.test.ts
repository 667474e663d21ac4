// How the judges report: where, how much, and what they let through on purpose.
import { describe, expect, it } from 'vitest';
import { PROFILE, SYSTEM } from '../../../shared/sas/canonical.ts';
import { judgeAppointment } from '../../../shared/sas/rules/appointment/appointment.ts';
import { judgeBundle } from '../../../shared/sas/rules/bundle.ts';
import { FINDING_COUNT_MAX } from '../../../shared/sas/rules/r4/checker.ts';
import { judgeRegulator } from '../../../shared/sas/rules/regulator.ts';
import { judgeSlot } from '../../../shared/sas/rules/slot.ts';
import { RULES } from '../../../shared/sas/rules/table/table.ts';
import { judgePractitionerRole, judgeSchedule } from '../../support/oracles/entry-judges.ts';
import { apply } from '../../support/samples/edit.ts';
import * as bundles from '../../support/samples/valid/bundles.ts';
import * as valid from '../../support/samples/valid/resources.ts';

const outcome = {
  resource: { resourceType: 'OperationOutcome', issue: [{ severity: 'warning', code: 'incomplete' }] },
  search: { mode: 'outcome' },
};

describe('where a finding is', () => {
  it('names the element by its FHIRPath', () => {
    const slot = valid.individualSlot();
    apply(slot, 'serviceType[1].coding[0].code', 'CABINET');
    expect(judgeSlot(slot, 'individual')).toEqual([
      { rule: 'slot-consultation-code', expression: 'Slot.serviceType[1].coding[0]' },
    ]);
  });

  it('starts from the Bundle when an entry is judged in it', () => {
    const bundle = bundles.individualBundle();
    apply(bundle, 'entry[5].resource.contained[0].address.city', '');
    expect(judgeBundle(bundle, 'INT_R01')).toEqual([
      { rule: 'r4-ele-1', expression: 'Bundle.entry[5].resource.contained[0].address.city' },
    ]);
  });

  it('names the missing element by the place it should have', () => {
    const role = valid.role();
    apply(role, 'contained[0].address.postalCode', undefined);
    expect(judgePractitionerRole(role)).toEqual([
      {
        rule: 'location-address-postal-code',
        expression: 'PractitionerRole.contained[0].address.postalCode',
      },
    ]);
  });

  it('does not repeat a key that is no element name', () => {
    const findings = judgeSlot({ ...valid.individualSlot(), 'a key\nof the sender': 1 }, 'individual');
    expect(findings).toEqual([{ rule: 'r4-element-unknown', expression: 'Slot' }]);
  });
});

describe('how much is reported', () => {
  it('stops at its limit of errors', () => {
    const specialty = Array.from({ length: 2 * FINDING_COUNT_MAX }, () => null);
    expect(judgeSlot({ ...valid.individualSlot(), specialty }, 'individual')).toHaveLength(FINDING_COUNT_MAX);
  });

  it('never lets warnings hide an error', () => {
    const specialty = Array.from({ length: 2 * FINDING_COUNT_MAX }, () => ({ text: 'Gériatrie' }));
    const findings = judgeSlot({ ...valid.individualSlot(), specialty, comment: 'demain' }, 'individual');
    expect(findings.filter(({ rule }) => RULES[rule].severity === 'warning')).toHaveLength(FINDING_COUNT_MAX);
    expect(findings.filter(({ rule }) => RULES[rule].severity === 'error')).toEqual([
      { rule: 'slot-comment-url', expression: 'Slot.comment' },
    ]);
  });

  it.each([undefined, null, 1, 'Slot', [], {}, { resourceType: 'Bundle' }])(
    'is one finding for %j',
    (value) => {
      expect(judgeSlot(value, 'individual')).toEqual([
        { rule: 'r4-resource-type', expression: 'Slot', expected: 'Slot' },
      ]);
    },
  );
});

describe('limits, accepted at and refused one past', () => {
  it('an id of 64 characters', () => {
    expect(judgeSlot({ ...valid.individualSlot(), id: 'a'.repeat(64) }, 'individual')).toEqual([]);
  });

  it('a text of one megabyte', () => {
    expect(judgeSchedule({ ...valid.schedule(), comment: 'a'.repeat(1_048_576) }, 'individual')).toEqual([]);
  });

  it('a slot at either bound of the window', () => {
    const fromMs = Date.parse('2026-03-02T08:00:00Z');
    const bundle = bundles.individualBundle();
    const options = { window: { fromMs, toMs: fromMs }, nowMs: fromMs, subjects: [valid.rpps(1)] };
    expect(judgeBundle(bundle, 'INT_R01', options)).toEqual([]);
  });
});

describe('what passes on purpose', () => {
  it('an answer with an outcome beside its slots, not counted in the total', () => {
    const bundle = bundles.individualBundle();
    apply(bundle, 'entry[7]', outcome);
    expect(judgeBundle(bundle, 'INT_R01')).toEqual([]);
  });

  it('an answer with nothing but an outcome, in the flows that require entries', () => {
    for (const [flow, profile] of [
      ['INT_R04', PROFILE.bundleCpts],
      ['SOS', PROFILE.bundleSos],
    ] as const) {
      expect(judgeBundle({ ...bundles.emptyBundle(profile), entry: [outcome] }, flow)).toEqual([]);
    }
  });

  it('a walk-in slot without URL', () => {
    const slot = valid.individualSlot();
    apply(slot, 'appointmentType.coding[0].code', 'WALKIN');
    apply(slot, 'comment', undefined);
    expect(judgeSlot(slot, 'individual')).toEqual([]);
  });

  it('a null in a list of primitives that has its companion', () => {
    const slot = { ...valid.individualSlot(), language: 'fr', _language: { id: 'l' } };
    expect(judgeSlot(slot, 'individual')).toEqual([]);
  });

  it('a national value under the system of SAS, as the ANS kit sends it', () => {
    const regulator = valid.regulator();
    apply(regulator, 'identifier[0].system', SYSTEM.sas);
    apply(regulator, 'identifier[0].type.coding[0].code', 'INTRN');
    expect(judgeRegulator(regulator)).toEqual([]);
  });

  it('an appointment in winter time in summer, and a second that leaps', () => {
    const appointment = {
      ...valid.appointment(),
      start: '2026-07-01T09:00:00+01:00',
      end: '2026-07-01T09:59:60Z',
    };
    expect(judgeAppointment(appointment, 'individual')).toEqual([]);
  });
});
