// The version this program announces to the edge and to vendors: that of package.json.

import { readFileSync } from 'node:fs';

export const VERSION: string = readVersion(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);

function readVersion(manifest: string): string {
  const { version }: { version?: unknown } = JSON.parse(manifest);
  return typeof version === 'string' ? version : '0.0.0';
}
