// How a vendor writes what it has to say: on one page or several, with or without full URLs, in the forms of reference that
// all mean the same.

import { hash } from 'node:crypto';
import { bundle, type Json } from '../vendor-bundle.ts';
import type { Random } from './random.ts';
import type { Flow } from './sound.ts';

/** Cut by practice or anywhere; each page names the next. */
export function paged(random: Random, practices: readonly Json[][], baseUrl: string, flow: Flow): Json[] {
  const count = random.pick([1, 1, 2, 3]);
  const pages = Array.from({ length: count }, (): Json[] => []);
  const isWhole = random.often(0.5);
  for (const one of practices) {
    const page = random.pick(pages);
    for (const resource of one)
      if (flow === 'INT_R04' || !['HealthcareService'].includes(String(resource.resourceType)))
        (isWhole ? page : random.pick(pages)).push(resource);
  }
  const total = practices.flat().filter(({ resourceType }) => resourceType === 'Slot').length;
  const writing = random.pick(['absolute', 'bare', 'versioned', 'uuid']);
  return pages.map((resources, number) =>
    asWritten(
      bundle(random.shuffled(resources), {
        total,
        link: [
          { relation: 'self', url: `${baseUrl}/Slot` },
          ...(number + 1 < count ? [{ relation: 'next', url: `${baseUrl}/Slot?page=${number + 1}` }] : []),
        ],
      }),
      writing,
      baseUrl,
    ),
  );
}

function asWritten(page: Json, writing: string, baseUrl: string): Json {
  const entries = page.entry as Json[];
  const rename = (url: (name: string) => string, fullUrl: ((name: string) => string) | undefined): Json => ({
    ...page,
    entry: entries.map(({ resource }) => {
      const { resourceType, id } = resource as Json;
      const text = JSON.stringify(resource).replace(
        /"reference":"([A-Z][^"]*)"/g,
        (_, name: string) => `"reference":"${url(name)}"`,
      );
      return {
        ...(fullUrl && { fullUrl: fullUrl(`${String(resourceType)}/${String(id)}`) }),
        resource: JSON.parse(text) as Json,
      };
    }),
  });
  if (writing === 'bare') return rename((name) => name, undefined);
  if (writing === 'versioned')
    return rename(
      (name) => `${baseUrl}/${name}/_history/3`,
      (name) => `${baseUrl}/${name}`,
    );
  const uuid = (name: string): string =>
    `urn:uuid:${hash('md5', name, 'hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}`;
  if (writing === 'uuid') return rename(uuid, uuid);
  return rename(
    (name) => name,
    (name) => `${baseUrl}/${name}`,
  );
}
