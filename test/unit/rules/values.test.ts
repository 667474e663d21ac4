// A vendor's engineer can act on what a rule says: whatever it names by a short name, it gives by its value.

import { describe, expect, it, test } from 'vitest';
import { PROFILE, SYSTEM } from '../../../shared/sas/canonical.ts';
import { judgeAppointment } from '../../../shared/sas/rules/appointment/appointment.ts';
import { judgeSlot } from '../../../shared/sas/rules/slot.ts';
import { describeFinding, RULES } from '../../../shared/sas/rules/table/table.ts';
import { judgeSchedule } from '../../support/oracles/entry-judges.ts';

/** Short names of systems, profiles and extensions; each needs a URL or an OID in the same sentence. */
const SHORT =
  /fr-v2-|fr-location-|v3-Act|v2-0276|TRE[_-]R|JDV_|le profil sas-|le profil Fr|FrAppointmentOperator|entrée 604|du profil\b/;
const VALUE = /https?:\/\/\S+|urn:oid:\S+/;
/** Their findings carry the value: it depends on the resource and the flow. */
const PER_FINDING = ['meta-profile-canonical'];

test.each(Object.values(RULES).map((rule) => [rule.id, rule.text] as const))(
  '%s gives the value of what it names',
  (id, text) => {
    expect(text).not.toMatch(/…|liste du guide/);
    if (!SHORT.test(text) || PER_FINDING.includes(id)) return;
    expect(text).toMatch(VALUE);
  },
);

describe('a finding', () => {
  const said = (findings: readonly Parameters<typeof describeFinding>[0][], rule: string): string[] =>
    findings.filter((finding) => finding.rule === rule).map(describeFinding);

  it.each([
    ['individual', PROFILE.slotIndividual],
    ['sos', PROFILE.slotSos],
  ] as const)('says which profile URL is expected of a slot (%s)', (flow, url) => {
    const slot = { resourceType: 'Slot', meta: { profile: ['http://x.example/Slot'] } };
    expect(said(judgeSlot(slot, flow), 'meta-profile-canonical')).toEqual([
      `${RULES['meta-profile-canonical'].text} Attendu : ${url}`,
    ]);
    expect(said(judgeSlot({ ...slot, meta: {} }, flow), 'meta-profile-one')[0]).toContain(url);
  });

  it('says which types a reference may have', () => {
    const slot = { resourceType: 'Slot', schedule: { reference: 'Location/1' } };
    expect(said(judgeSlot(slot, 'individual'), 'reference-target')[0]).toMatch(/Attendu : Schedule\/id$/);
    const schedule = {
      resourceType: 'Schedule',
      actor: [{ reference: 'Patient/1' }, { reference: 'Slot/2' }],
    };
    const sentences = said(judgeSchedule(schedule, 'sos'), 'reference-target');
    expect(sentences).toHaveLength(2);
    expect(sentences[0]).toMatch(/Attendu : Location\/id$/);
  });

  it('says which codes a list has, and which type was awaited', () => {
    const slot = { resourceType: 'Slot', status: 'libre' };
    expect(said(judgeSlot(slot, 'individual'), 'r4-code-list')[0]).toContain('Attendu : busy, free,');
    expect(said(judgeSlot({ resourceType: 'Bundle' }, 'individual'), 'r4-resource-type')[0]).toMatch(
      /Attendu : Slot$/,
    );
  });

  it('says which code agrees with a system', () => {
    const coding = [{ system: SYSTEM.identifierType, code: 'IDNST' }];
    const operator = {
      url: 'http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator',
      valueReference: {
        identifier: { system: SYSTEM.idnps, type: { coding: [{ ...coding[0], code: 'INTRN' }] }, value: '8' },
      },
    };
    const appointment = { resourceType: 'Appointment', extension: [operator] };
    expect(said(judgeAppointment(appointment, 'individual'), 'identifier-coherent')[0]).toMatch(
      /Attendu : IDNPS$/,
    );
  });
});
