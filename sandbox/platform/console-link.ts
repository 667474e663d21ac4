// npm run console-link -- --state DIR --role R: a one-use link into the console of the local edge.

import { oneOf, readFlags } from '../base/flags.ts';
import { describeFailure } from '../base/say.ts';
import { consoleLink, findLocalState, signConsoleCode } from './local/state.ts';

const flags = readFlags(
  'npm run console-link -- [options]',
  {
    state: {
      kind: 'text',
      hint: 'DOSSIER',
      default: '.passerelle/edge',
      about: "celui de l'accès local, fait par npm start ou npm run edge",
    },
    edge: {
      kind: 'text',
      hint: 'URL',
      default: 'http://127.0.0.1:8787',
      about: "l'accès local, tel que le navigateur l'ouvre",
    },
    role: {
      kind: 'text',
      hint: 'R',
      default: 'exploitant',
      check: oneOf('exploitant', 'raccordement', 'analyste', 'editeur', 'habilitations'),
      about: 'exploitant, raccordement, analyste, editeur (avec --editor) ou habilitations',
    },
    editor: { kind: 'text', hint: 'ID', about: "l'éditeur du rôle editeur" },
  },
  ({ role, editor }) =>
    (role === 'editeur') === (editor !== undefined)
      ? []
      : ['--editor va avec --role editeur, et avec lui seul.'],
);
try {
  const state = await findLocalState(flags.state);
  process.stdout.write(
    `${consoleLink(flags.edge.replace(/\/$/, ''), await signConsoleCode(state, [flags.role], flags.editor))}\n`,
  );
} catch (cause) {
  process.stderr.write(`Aucun lien : ${describeFailure(cause, flags.state)}\n`);
  process.exitCode = 1;
}
