// The guide's own example Bundles, served by a vendor with their dates moved to tomorrow, come back whole and
// conformant. Read from ../shared/ig when it is there; nothing of it is kept here.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  Bundle,
  HealthcareService,
  Location,
  Organization,
  Practitioner,
  PractitionerRole,
  Slot,
} from 'fhir/r4';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectConformant } from '../support/oracles/bundle-checks.ts';
import { type SearchAnswer, System, schedulePath, slotPath } from '../support/scenes/system.ts';

const EXAMPLES = join(import.meta.dirname, '..', '..', '..', 'shared', 'ig', 'examples');
const isThere = existsSync(EXAMPLES);
if (!isThere) console.log('skipped: the guide’s examples (../shared/ig) are not here');

const resourcesOf = <T extends { resourceType: string }>(bundle: Bundle, type: T['resourceType']): T[] =>
  (bundle.entry ?? []).flatMap(({ resource }) =>
    resource?.resourceType === type ? [resource as unknown as T] : [],
  );

/** The example with every date moved so that its earliest slot starts in an hour. */
function shifted(name: string): { bundle: Bundle; window: { from: string; to: string } } {
  const text = readFileSync(join(EXAMPLES, name), 'utf8');
  const instants = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}[+-]\d{2}:\d{2}/g;
  const slots = resourcesOf<Slot>(JSON.parse(text) as Bundle, 'Slot');
  const starts = slots.map(({ start }) => Date.parse(start));
  const first = Math.min(...starts);
  const by = Math.ceil((Date.now() + 3_600_000 - first) / 60_000) * 60_000;
  const move = (instant: string): string => {
    const offset = instant.slice(-6);
    const minutes =
      (offset.startsWith('-') ? -1 : 1) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4)));
    return new Date(Date.parse(instant) + by + minutes * 60_000).toISOString().replace('Z', offset);
  };
  const utc = (ms: number): string => new Date(ms).toISOString().replace('Z', '+00:00');
  return {
    bundle: JSON.parse(text.replace(instants, move)) as Bundle,
    window: { from: utc(first + by), to: utc(Math.max(...starts) + by) },
  };
}

/** What a slot says, apart from ids and references. */
const said = ({
  meta,
  serviceType,
  specialty,
  appointmentType,
  start,
  end,
  status,
  comment,
}: Slot): unknown => ({
  kinds: meta?.security?.map(({ code }) => code),
  types: serviceType?.map(({ coding, text }) => ({ code: coding?.[0]?.code, text })),
  specialties: new Set(specialty?.map(({ coding, text }) => coding?.[0]?.code ?? text)),
  appointmentType: appointmentType?.coding?.[0]?.code,
  start,
  end,
  status,
  comment,
});
const bySaid = (a: unknown, b: unknown): number => JSON.stringify(a).localeCompare(JSON.stringify(b));

describe.skipIf(!isThere)('the guide’s example', () => {
  let system: System;
  beforeAll(async () => {
    if (isThere) system = await System.start({ vendors: [{ seed: 1 }] });
  });
  afterAll(() => system?.stop());

  function expectWhole(answer: SearchAnswer, bundle: Bundle): void {
    expect(answer.resources<Slot>('Slot').map(said).sort(bySaid)).toEqual(
      resourcesOf<Slot>(bundle, 'Slot').map(said).sort(bySaid),
    );
    const names = (people: readonly Practitioner[]): unknown[] =>
      people.map(({ name, identifier }) => ({ name, value: identifier?.[0]?.value })).sort(bySaid);
    expect(names(answer.resources<Practitioner>('Practitioner'))).toEqual(
      names(resourcesOf<Practitioner>(bundle, 'Practitioner')),
    );
    const sites = (roles: readonly PractitionerRole[]): unknown[] =>
      roles
        .map(({ contained, telecom, organization }) => ({
          address: (contained?.[0] as Location | undefined)?.address,
          identifier: (contained?.[0] as Location | undefined)?.identifier,
          telecom,
          structure: organization?.identifier?.value,
        }))
        .sort(bySaid);
    expect(sites(answer.resources<PractitionerRole>('PractitionerRole'))).toEqual(
      sites(resourcesOf<PractitionerRole>(bundle, 'PractitionerRole')),
    );
    const places = (locations: readonly Location[]): unknown[] =>
      locations
        .map(({ name, address, telecom, identifier, hoursOfOperation }) => ({
          name,
          address,
          telecom,
          identifier,
          hoursOfOperation,
        }))
        .sort(bySaid);
    expect(places(answer.resources<Location>('Location'))).toEqual(
      places(resourcesOf<Location>(bundle, 'Location')),
    );
    const owners = (organizations: readonly Organization[]): unknown[] =>
      organizations.map(({ name, identifier, telecom }) => ({ name, identifier, telecom })).sort(bySaid);
    expect(owners(answer.resources<Organization>('Organization'))).toEqual(
      owners(resourcesOf<Organization>(bundle, 'Organization')),
    );
    expect(answer.resources<HealthcareService>('HealthcareService')).toHaveLength(
      resourcesOf(bundle, 'HealthcareService').length,
    );
  }

  it.each(['Bundle-ExampleBundlePSIndiv.json', 'Bundle-ExampleBundleCPTS1.json'])(
    '%s comes back whole',
    async (name) => {
      const { bundle, window } = shifted(name);
      system.vendors[0]?.serve({ body: bundle });
      const subjects = [
        ...new Set(
          resourcesOf<Practitioner>(bundle, 'Practitioner').map(
            ({ identifier }) => identifier?.[0]?.value ?? '',
          ),
        ),
      ];
      const isCpts = name.includes('CPTS');
      const answer = await system.search(slotPath(subjects, window, isCpts));
      expectConformant(answer, { flow: isCpts ? 'INT_R04' : 'INT_R01', subjects, window });
      expectWhole(answer, bundle);
    },
  );

  it('Bundle-ExampleBundleAgregateurSOS.json comes back whole', async () => {
    const { bundle, window } = shifted('Bundle-ExampleBundleAgregateurSOS.json');
    system.vendors[0]?.serve({ body: bundle });
    const subjects = resourcesOf<Organization>(bundle, 'Organization').map(
      ({ identifier }) => identifier?.[0]?.value ?? '',
    );
    const answer = await system.search(schedulePath(subjects, window));
    expectConformant(answer, { flow: 'SOS', subjects, window });
    expectWhole(answer, bundle);
  });
});
