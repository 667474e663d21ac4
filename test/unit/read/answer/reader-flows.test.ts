import { describe, expect, it } from 'vitest';
import { firstSlot, makeReader, readCounted } from '../../../support/oracles/read-answer.ts';
import {
  answer,
  bundle,
  ESTABLISHMENT,
  type Json,
  practitioner,
  role,
  SERVICE_EXTENSION,
  SIRET,
  schedule,
  slot,
  sosAnswer,
} from '../../../support/samples/vendor-bundle.ts';

describe('INT_R04', () => {
  const service = (n: number): Json[] => [
    { resourceType: 'HealthcareService', id: `hs-${n}`, providedBy: { reference: `Organization/cpts-${n}` } },
    {
      resourceType: 'Organization',
      id: `cpts-${n}`,
      name: `CPTS ${n}`,
      identifier: [{ value: `199000000${n}` }],
    },
  ];
  const shownTo = (...numbers: number[]): Json[] => [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' }] },
    ...numbers.map((n) => ({
      coding: [{ system: ESTABLISHMENT.replace('FHIR/TRE-R66', 'TRE_R66'), code: '604' }],
      extension: [{ url: SERVICE_EXTENSION, valueReference: { reference: `HealthcareService/hs-${n}` } }],
    })),
  ];
  const page = bundle([
    slot({ serviceType: shownTo(1, 2) }),
    schedule(),
    practitioner(),
    role(),
    ...service(1),
    ...service(2),
  ]);

  it('ties a slot to each of its CPTS, one service and one organization each', () => {
    const result = readCounted(page, { flow: 'INT_R04' });
    expect(result.services.map(({ service: { id }, organization }) => [id, organization.id])).toEqual([
      [result.services[0]!.service.id, result.services[0]!.service.id],
      [result.services[1]!.service.id, result.services[1]!.service.id],
    ]);
    expect(result.shapes[0]!.services).toEqual([0, 1]);
    const { shape } = firstSlot(result);
    expect((shape.meta as Json).profile).toEqual([expect.stringContaining('sas-cpts-slot-aggregator')]);
    expect((shape.serviceType as Json[])[1]).toEqual({
      extension: [
        {
          url: SERVICE_EXTENSION,
          valueReference: { reference: `HealthcareService/${result.services[0]!.service.id}` },
        },
      ],
      coding: [{ system: ESTABLISHMENT, code: '604' }],
    });
  });

  it('leaves a slot without CPTS in its INT_R01 shape', () => {
    const result = readCounted(answer([slot()]), { flow: 'INT_R04' });
    expect((firstSlot(result).shape.meta as Json).profile).toEqual([
      expect.stringContaining('FrSlotAgregateur'),
    ]);
    expect(result.services).toEqual([]);
  });

  it('takes the CPTS away when its resources are missing, and keeps the slot', () => {
    const result = readCounted(
      bundle([slot({ serviceType: shownTo(1) }), schedule(), practitioner(), role()]),
      {
        flow: 'INT_R04',
      },
    );
    expect(result).toMatchObject({ shown: 1, repaired: { 'cpts-unresolved': 1 }, services: [] });
  });

  it('takes the kind CPTS away with it, and drops a slot that was open to that CPTS only', () => {
    const kinds = (...codes: string[]): Json => ({ security: codes.map((code) => ({ code })) });
    const both = readCounted(answer([slot({ meta: kinds('PUBLIC', 'CPTS') })]), { flow: 'INT_R04' });
    expect((firstSlot(both).shape.meta as Json).security).toEqual([
      expect.objectContaining({ code: 'PUBLIC' }),
    ]);
    expect(both.repaired).toMatchObject({ 'cpts-unresolved': 1 });
    const only = readCounted(answer([slot({ meta: kinds('CPTS') })]), { flow: 'INT_R04' });
    expect(only).toMatchObject({ shown: 0, dropped: { 'slot-cpts-unresolved': 1 } });
  });

  it('sends no CPTS resource when INT_R01 asked', () => {
    expect(readCounted(page).services).toEqual([]);
  });
});

describe('SOS Médecins', () => {
  it('gives the place, its hours and its association', () => {
    const result = readCounted(sosAnswer([slot()]), { flow: 'SOS', subjects: [SIRET] });
    expect(result.shown).toBe(1);
    const { site, schedule: agenda, holder } = firstSlot(result);
    expect(agenda.actor).toEqual([{ reference: `Location/${site.id}` }]);
    expect(site).toMatchObject({
      telecom: [{ system: 'phone', value: '+33561000002' }],
      managingOrganization: { reference: `Organization/${holder.id}` },
      hoursOfOperation: [{ daysOfWeek: ['mon', 'tue'], openingTime: '08:00:00', closingTime: '20:00:00' }],
    });
  });

  it('shows PUBLIC and SNP only', () => {
    const kinds = (...codes: string[]): Json => ({ meta: { security: codes.map((code) => ({ code })) } });
    expect(readCounted(sosAnswer([slot(kinds('PRO'))]), { flow: 'SOS', subjects: [SIRET] }).dropped).toEqual({
      'slot-kind-not-shown': 1,
    });
    const both = firstSlot(
      readCounted(sosAnswer([slot(kinds('PRO', 'SNP'))]), { flow: 'SOS', subjects: [SIRET] }),
    );
    expect((both.shape.meta as Json).security).toEqual([expect.objectContaining({ code: 'SNP' })]);
  });

  it('drops the slots of an association that was not asked', () => {
    const result = readCounted(sosAnswer([slot()]), { flow: 'SOS', subjects: ['399900000100089'] });
    expect(result.dropped).toEqual({ 'slot-of-someone-else': 1 });
  });

  it('gives a nameless place the name of its association', () => {
    const result = readCounted(sosAnswer([slot()], { location: { name: undefined } }), {
      flow: 'SOS',
      subjects: [SIRET],
    });
    expect(firstSlot(result).site.name).toBe('SOS Fictifs');
  });
});

describe('pages', () => {
  it('that are no searchset Bundle are refused', () => {
    const reader = () => makeReader();
    for (const page of [
      null,
      3,
      'x',
      [],
      {},
      { resourceType: 'OperationOutcome' },
      { resourceType: 'Bundle', type: 'transaction' },
    ]) {
      expect(reader().add(page)).toEqual({ ok: false, error: 'not-bundle' });
    }
  });

  it('give the next link as written', () => {
    const reader = makeReader();
    const page = bundle([slot()], {
      link: [
        { relation: 'self', url: 'a' },
        { relation: 'next', url: '?page=2' },
      ],
    });
    expect(reader.add(page)).toEqual({ ok: true, value: { next: '?page=2' } });
  });
});
