// Holds what is shown against the second reader's hours: each slot surely his whose it is said to be, at that place,
// with telephones and a booking page that stand beside it, and no letter lost.

import type { Json } from '../../samples/vendor-bundle.ts';
import { addressText, instantOf, squash } from './facts.ts';
import type { Hour } from './oracle.ts';
import { isObj, listOf, type Obj } from './text.ts';

export interface ShownAnswer {
  readonly resources: readonly Json[];
  readonly text: string;
}

export function faultsOf({ resources, text }: ShownAnswer, hours: readonly Hour[]): string[] {
  const faults = text.includes('\ufffd') ? ['U+FFFD is shown'] : [];
  const byName = new Map(resources.map((one) => [`${String(one.resourceType)}/${String(one.id)}`, one]));
  const follow = (reference: unknown): Obj =>
    (isObj(reference) ? byName.get(String(reference.reference)) : undefined) ?? {};
  for (const slot of resources) {
    if (slot.resourceType !== 'Slot') continue;
    const actors = listOf(follow(slot.schedule).actor).map(follow);
    const role = actors.find(({ resourceType }) => resourceType !== 'Practitioner') ?? {};
    const place = role.resourceType === 'Location' ? role : (listOf(role.contained).find(isObj) ?? {});
    const holder =
      actors.find(({ resourceType }) => resourceType === 'Practitioner') ??
      follow(place.managingOrganization);
    const said = shownHour(slot, holder, place, role);
    const wanted = hours.some((hour) => stands(said, hour));
    if (!wanted)
      faults.push(
        `shown: ${JSON.stringify(said)}; his: ${JSON.stringify(hours.filter(({ subject }) => subject === said.subject))}`,
      );
  }
  return faults;
}

interface ShownHour extends Omit<Hour, 'addresses' | 'names'> {
  readonly address: string;
  readonly name: string;
}

function shownHour(slot: Obj, holder: Obj, place: Obj, site: Obj): ShownHour {
  const [identifier] = listOf(holder.identifier).filter(isObj);
  const [name] = listOf(holder.name);
  const address = isObj(place.address) ? place.address : {};
  return {
    subject: String(identifier?.value),
    startMs: instantOf(slot.start) ?? Number.NaN,
    endMs: instantOf(slot.end) ?? Number.NaN,
    address: addressText(listOf(address.line).join(' '), address.postalCode, address.city),
    phones: listOf(site.telecom).flatMap((one) => (isObj(one) ? [String(one.value).slice(-9)] : [])),
    name: squash(isObj(name) ? name.family : name),
    comment: typeof slot.comment === 'string' ? slot.comment : '',
  };
}

function stands(said: ShownHour, hour: Hour): boolean {
  return (
    said.subject === hour.subject &&
    said.startMs === hour.startMs &&
    said.endMs === hour.endMs &&
    hour.addresses.includes(said.address) &&
    said.phones.every((phone) => hour.phones.includes(phone)) &&
    (said.name === '' || hour.names.includes(said.name)) &&
    (said.comment === '' || said.comment === hour.comment || said.comment === URL.parse(hour.comment)?.href)
  );
}
