// The one way to a Durable Object of ours: each class has one or a few, known by their names, in the jurisdiction of the
// setting JURISDICTION. docs/exploitation/souverainete.md.

import type { Env } from './env.ts';

/**
 * The object of that name. Another jurisdiction is another object, with a storage of its own. settings.ts has checked the
 * setting; workerd alone, without the platform, knows no jurisdiction and throws at any.
 */
export function objectOf(
  { JURISDICTION }: Env,
  objects: DurableObjectNamespace,
  name: string,
): DurableObjectStub {
  const within =
    typeof JURISDICTION === 'string' && JURISDICTION !== ''
      ? objects.jurisdiction(JURISDICTION as DurableObjectJurisdiction)
      : objects;
  return within.get(within.idFromName(name));
}
