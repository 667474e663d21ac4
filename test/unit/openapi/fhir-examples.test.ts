// The examples of the FHIR face in /openapi.json are conformant under the guide's rules.
import type { Bundle } from 'fhir/r4';
import { expect, it } from 'vitest';
import { judgeAppointment } from '../../../shared/sas/rules/appointment/appointment.ts';
import type { Finding } from '../../../shared/sas/rules/r4/checker.ts';
import { judgeRegulator } from '../../../shared/sas/rules/regulator.ts';
import { ruleOf } from '../../../shared/sas/rules/table/table.ts';
import * as examples from '../../../worker/openapi/fhir/examples.ts';
import { errorsOf } from '../../support/oracles/bundle-checks.ts';

const window = { from: examples.EXAMPLE_FROM, to: examples.EXAMPLE_TO };
const errorsIn = (findings: readonly Finding[]) =>
  findings.filter(({ rule }) => ruleOf(rule).severity === 'error').map(({ rule }) => rule);

it.each([
  ['INT_R01', examples.SLOTS_EXAMPLE, examples.EXAMPLE_PROFESSIONAL],
  ['SOS', examples.SCHEDULES_EXAMPLE, examples.EXAMPLE_ASSOCIATION],
] as const)('of %s', (flow, bundle, subject) => {
  expect(errorsOf(bundle as unknown as Bundle, { flow, window, subjects: [subject] })).toEqual([]);
});

it('of a regulator', () => {
  expect(errorsIn(judgeRegulator(examples.REGULATOR_EXAMPLE))).toEqual([]);
});

it('of an appointment', () => {
  expect(errorsIn(judgeAppointment(examples.APPOINTMENT_EXAMPLE, 'individual'))).toEqual([]);
});
