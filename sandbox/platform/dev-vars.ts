// npm run dev-vars -- --state DIR: writes .dev.vars, so that `npx wrangler dev` trusts the local token issuer and the
// relays introduced to that state folder. Run it again after introducing a relay.

import { writeFile } from 'node:fs/promises';
import { readFlags } from './flags.ts';
import { localSettings, openLocalState } from './local-state.ts';

const flags = readFlags('Usage : npm run dev-vars -- [--state DIR]', { state: '.passerelle/edge' });
const settings = await localSettings(await openLocalState(flags.state));
const lines = Object.entries(settings).map(([name, value]) => `${name}='${value}'`);
await writeFile('.dev.vars', `${lines.join('\n')}\n`, { mode: 0o600 });
process.stdout.write('.dev.vars est écrit ; ensuite : npx wrangler dev\n');
