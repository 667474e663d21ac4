// `npm run hub-sante`: the simulated Hub Santé with the LRM of one SAMU or several, until a signal.

import { join } from 'node:path';
import { lockState } from '../../host/state/state-lock.ts';
import { closeOnSignal, oneOf, portNumber, readFlags } from '../base/flags.ts';
import { describeFailure } from '../base/say.ts';
import { ensureHubSanteCertificates } from '../pki/hub-sante-pki.ts';
import { ensureSandboxPki } from '../pki/sandbox-pki.ts';
import { findRabbit, NO_RABBIT } from './broker/rabbit-files.ts';
import { HubSante } from './hub-sante.ts';
import { SCHEMA_VERSIONS, type SchemaVersion } from './message/schema.ts';

const TEXT = { kind: 'text' } as const;
const PORT = { ...TEXT, hint: 'N', default: '0', check: portNumber } as const;
const CLIENT = (value: string): string | undefined =>
  /^fr\.health\.[A-Za-z0-9.]{1,60}$/.test(value) ? undefined : 'un identifiant fr.health.… est attendu';

const flags = readFlags('npm run hub-sante -- [options]', {
  port: { ...PORT, about: 'port AMQPS ; 0 : un port libre' },
  'control-port': { ...PORT, about: 'port de pilotage, sur la boucle locale ; 0 : un port libre' },
  state: {
    ...TEXT,
    hint: 'DOSSIER',
    default: '.passerelle/hub-sante-alone',
    about: 'ce que le courtier garde ; créé au besoin',
  },
  pki: {
    ...TEXT,
    hint: 'DOSSIER',
    default: '.passerelle/pki',
    about: "autorité d'imitation, faite si elle manque",
  },
  sas: {
    ...TEXT,
    hint: 'ID',
    default: 'fr.health.test.ptfsas',
    check: CLIENT,
    about: 'identifiant de la plateforme SAS',
  },
  lrm: { kind: 'texts', hint: 'ID', check: CLIENT, about: 'LRM simulé ; plusieurs fois (fr.health.samu330)' },
  schema: {
    ...TEXT,
    hint: 'VERSION',
    default: '26.07.29',
    check: oneOf(...SCHEMA_VERSIONS),
    about: `version des modèles : ${SCHEMA_VERSIONS.join(' ou ')}`,
  },
});

try {
  const files = findRabbit();
  if (files === undefined) throw new Error(NO_RABBIT);
  const lock = lockState(flags.state, 'npm run hub-sante');
  const pki = await ensureSandboxPki(flags.pki);
  const hub = await HubSante.start({
    files,
    dir: join(flags.state, 'broker'),
    pki: await ensureHubSanteCertificates(pki),
    clients: [flags.sas],
    lrms: flags.lrm.length > 0 ? flags.lrm : ['fr.health.samu330'],
    schema: flags.schema as SchemaVersion,
    port: Number(flags.port),
    controlPort: Number(flags['control-port']),
  });
  closeOnSignal(async () => {
    await hub.close();
    lock.release();
  });
  const { broker, controlUrl: control, lrms } = hub;
  console.log(
    JSON.stringify({ event: 'hub-sante-ready', port: broker.port, control, lrms: [...lrms.keys()] }),
  );
} catch (error) {
  console.error(`Hub Santé simulé n'a pas démarré : ${describeFailure(error, flags.state)}`);
  process.exitCode = 1;
}
