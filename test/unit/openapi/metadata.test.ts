// The CapabilityStatement against the routes it is made from: the scopes that it tells are those that open them.
import type { CapabilityStatement } from 'fhir/r4';
import { expect, test, vi } from 'vitest';
import { capabilityHandler } from '../../../worker/fhir/metadata.ts';
import type { RequestContext } from '../../../worker/http/http.ts';
import { ROUTES } from '../../../worker/routes.ts';

vi.mock('cloudflare:workers', () => ({ DurableObject: class {} }));

async function describe(): Promise<CapabilityStatement> {
  const handler = capabilityHandler(() => ROUTES.flatMap(({ capability }) => capability ?? []));
  const context = { fhirBase: 'https://edge.example/fhir', requestId: 'r' } as RequestContext;
  return (await handler(context)).json() as Promise<CapabilityStatement>;
}

test('the CapabilityStatement tells a scope that opens each interaction it lists', async () => {
  const server = (await describe()).rest?.[0];
  const told = [...(server?.security?.description ?? '').matchAll(/system\/(\w+)\.([cruds]+)/g)];
  const granted = told.flatMap(([, type, letters = '']) => [...letters].map((letter) => `${type}.${letter}`));
  const fhir = ROUTES.filter(({ path, capability }) => path.startsWith('/fhir/') && capability !== undefined);
  expect(fhir.length).toBe(server?.resource?.length);
  for (const { path } of fhir) {
    const same = ROUTES.filter((route) => route.path === path || route.path.startsWith(`${path}/`));
    for (const { method, path: own, needs } of same) {
      if (typeof needs === 'string') continue;
      const open = needs.map((need) =>
        typeof need === 'string' ? need : `${need.resource}.${need.permission}`,
      );
      expect(
        open.some((scope) => granted.includes(scope)),
        `${method} ${own}: ${open}`,
      ).toBe(true);
    }
  }
});
