// npm run dev-vars -- --state DIR: writes .dev.vars, so that `npx wrangler dev` trusts the local token issuer and the
// relays introduced to that state folder. Run it again after introducing a relay.

import { writeFile } from 'node:fs/promises';
import { readFlags } from '../base/flags.ts';
import { describeFailure } from '../base/say.ts';
import { findLocalState, localSettings, openLocalState } from './local/state.ts';

const DEFAULT_STATE = '.passerelle/edge';
const flags = readFlags('npm run dev-vars -- [options]', {
  state: {
    kind: 'text',
    hint: 'DOSSIER',
    default: DEFAULT_STATE,
    about: "émetteur de jetons et clés des relais de l'accès local ; celui-là seul est créé au besoin",
  },
});
try {
  // The first command of somebody who uses wrangler only; another folder that is not there is a typing mistake.
  const open = flags.state === DEFAULT_STATE ? openLocalState : findLocalState;
  // wrangler.toml names a jurisdiction, which no local runtime knows.
  const settings = {
    ...(await localSettings(await open(flags.state))),
    JURISDICTION: '',
    LOCAL_HOSTS: 'localhost 127.0.0.1 [::1]',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}='${value}'`);
  await writeFile('.dev.vars', `${lines.join('\n')}\n`, { mode: 0o600 });
  process.stdout.write(
    `.dev.vars est écrit (${Object.keys(settings).join(', ')}) ; ensuite : npx wrangler d1 migrations apply BASE --local, pour chacune des bases DB, APPOINTMENTS et CACHE, puis npx wrangler dev\n`,
  );
} catch (cause) {
  process.stderr.write(`.dev.vars n'est pas écrit : ${describeFailure(cause, flags.state)}\n`);
  process.exitCode = 1;
}
