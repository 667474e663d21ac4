// npm run token -- --state DIR --scope "system/Slot.s": a bearer token that the local edge accepts.

import { readFlags } from '../base/flags.ts';
import { describeFailure } from '../base/say.ts';
import { findLocalState, signToken } from './local/state.ts';

const flags = readFlags('npm run token -- [options]', {
  state: {
    kind: 'text',
    hint: 'DOSSIER',
    default: '.passerelle/edge',
    about: "celui de l'accès local, fait par npm start ou npm run edge",
  },
  scope: {
    kind: 'text',
    hint: '"A B"',
    default: 'system/Slot.s',
    about: 'droits : system/Slot.s, system/Practitioner.cu, system/Appointment.rs, admin',
  },
  lifetime: {
    kind: 'text',
    hint: 'SECONDES',
    default: '28800',
    check: (value) => (/^-?\d{1,9}$/.test(value) ? undefined : 'un nombre entier de secondes est attendu'),
    about: 'durée ; négative : un jeton périmé',
  },
});
try {
  const state = await findLocalState(flags.state);
  process.stdout.write(`${await signToken(state, flags.scope, Number(flags.lifetime))}\n`);
} catch (cause) {
  process.stderr.write(`Aucun jeton : ${describeFailure(cause, flags.state)}\n`);
  process.exitCode = 1;
}
