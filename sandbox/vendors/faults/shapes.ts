// Faults in the shape of the Bundle and its resources: missing, empty, renamed, shuffled, or in excess.

import type { FhirResource } from 'fhir/r4';
import type { FhirBundle } from '../search/bundle.ts';
import { resourcesOf, slotsOf, walk } from '../search/bundle-edit.ts';
import { IDNPS_SYSTEM, IDNST_SYSTEM, PROFILE_BASES } from '../search/codes.ts';
import { hash } from '../world/random.ts';
import type { ContentContext } from './content-context.ts';

const PHONE_FORMS: readonly ((national: string) => string)[] = [
  (national) => national.replace(/(\d\d)(?=\d)/g, '$1 '),
  (national) => national.replace(/(\d\d)(?=\d)/g, '$1.'),
  (national) => `+33 (0)${national.slice(1)}`,
  (national) => `0033${national.slice(1)}`,
  () => '3624',
  () => '15',
  (national) => national.replace(/(\d\d)(?=\d)/g, '$1-'),
];

export function dropIncludes(bundle: FhirBundle): void {
  if (bundle.entry !== undefined) {
    bundle.entry = bundle.entry.filter(({ resource }) => resource?.resourceType === 'Slot');
  }
}

export function dropPrefixes(bundle: FhirBundle): void {
  walk(bundle.entry, (object) => {
    const national = object.system === IDNPS_SYSTEM || object.system === IDNST_SYSTEM;
    if (national && typeof object.value === 'string') object.value = object.value.slice(1);
  });
}

export function writeFrenchPhones(bundle: FhirBundle): void {
  let rank = 0;
  walk(bundle.entry, (object) => {
    if (object.system !== 'phone' || typeof object.value !== 'string') return;
    const national = `0${object.value.replace(/^\+(33|262(?=262)|590(?=590)|594(?=594)|596(?=596))/, '')}`;
    object.value = PHONE_FORMS[rank % PHONE_FORMS.length]?.(national) ?? national;
    rank += 1;
  });
}

export function dropProfiles(bundle: FhirBundle): void {
  walk(bundle, (object) => {
    if (!('resourceType' in object) || typeof object.meta !== 'object' || object.meta === null) return;
    const { profile: _profile, ...meta }: Record<string, unknown> = { ...object.meta };
    if (Object.keys(meta).length > 0) object.meta = meta;
    else delete object.meta;
  });
}

/** Each profile goes under the other family's base, its last segment kept. */
export function swapCanonicals(bundle: FhirBundle): void {
  const { sas, ans } = PROFILE_BASES;
  walk(bundle, (object) => {
    if (!Array.isArray(object.profile)) return;
    object.profile = object.profile.map((url: unknown) => {
      const text = String(url);
      return text.startsWith(sas) ? text.replace(sas, ans) : text.replace(ans, sas);
    });
  });
}

export function addEmptyElements(bundle: FhirBundle): void {
  for (const resource of resourcesOf(bundle)) {
    Object.assign(resource, { language: '', extension: [], implicitRules: null });
  }
  slotsOf(bundle).forEach((slot, rank) => {
    Object.assign(
      slot,
      rank % 2 === 0 ? { comment: '', specialty: [] } : { appointmentType: {}, serviceType: [{}, null] },
    );
  });
}

export function addNarratives(bundle: FhirBundle): void {
  for (const resource of resourcesOf(bundle)) {
    resource.meta = { ...resource.meta, versionId: '7', lastUpdated: '2026-01-05T06:07:08.000+01:00' };
    if ('text' in resource || isDomain(resource)) {
      Object.assign(resource, {
        text: {
          status: 'generated',
          div: `<div xmlns="http://www.w3.org/1999/xhtml"><p>${resource.resourceType}</p></div>`,
        },
      });
    }
  }
}

/** Always the same disorder for the same Bundle. */
export function shuffle(bundle: FhirBundle, { practice }: ContentContext): void {
  bundle.entry?.sort((a, b) => hash(practice.seed, a.fullUrl ?? '') - hash(practice.seed, b.fullUrl ?? ''));
}

export function dropTotal(bundle: FhirBundle): void {
  delete bundle.total;
}

function isDomain(resource: FhirResource): boolean {
  return !['Bundle', 'Binary', 'Parameters'].includes(resource.resourceType);
}
