// npm run token -- --state DIR --scope "system/Slot.s": a bearer token that the local edge accepts.

import { readFlags, refuseUsage } from './flags.ts';
import { openLocalState, signToken } from './local-state.ts';

const flags = readFlags(
  'Usage : npm run token -- [--state DIR] [--scope "system/Slot.s …"] [--lifetime SECONDES]',
  {
    state: '.passerelle/edge',
    scope: 'system/Slot.s',
    lifetime: '28800',
  },
);
if (!/^-?\d+$/.test(flags.lifetime)) refuseUsage('--lifetime attend un nombre de secondes.');
const state = await openLocalState(flags.state);
process.stdout.write(`${await signToken(state, flags.scope, Number(flags.lifetime))}\n`);
