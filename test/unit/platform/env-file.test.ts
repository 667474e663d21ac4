// Which settings are in force on an edge that runs with a file of its own.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mergeSettings, nameSettings, readEnvFile } from '../../../sandbox/platform/edge/env-file.ts';
import { removeFolder } from '../../support/wait/remove-folder.ts';

const LOCAL = {
  AUTH_ISSUER: 'local',
  AUTH_AUDIENCE: 'local',
  AUTH_JWKS: 'local',
  FRONT_KEYS: 'local',
  FRONT_USERS: 'local',
  RELAY_JWKS: 'local',
};

test('the local settings hold unless the file sets them', () => {
  expect(mergeSettings(LOCAL, {})).toEqual(LOCAL);
  expect(mergeSettings(LOCAL, { DEADLINE_MS: '1', FRONT_USERS: 'own' })).toEqual({
    ...LOCAL,
    DEADLINE_MS: '1',
    FRONT_USERS: 'own',
  });
});

test.each(['AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_JWKS', 'AUTH_JWKS_URL'])(
  'with %s in the file nobody enters by what is local',
  (name) => {
    expect(mergeSettings(LOCAL, { [name]: 'own' })).toEqual({ RELAY_JWKS: 'local', [name]: 'own' });
  },
);

test('names are told by where they come from', () => {
  expect(nameSettings(LOCAL, { AUTH_JWKS_URL: 'own', RELAY_JWKS: 'own' })).toEqual({
    file: ['RELAY_JWKS', 'AUTH_JWKS_URL'],
    local: [],
  });
});

async function read(text: string): Promise<Awaited<ReturnType<typeof readEnvFile>>> {
  const dir = await mkdtemp(join(tmpdir(), 'env-file-'));
  try {
    await writeFile(join(dir, 'edge.env'), text);
    const { settings, problems } = await readEnvFile(join(dir, 'edge.env'));
    return { settings, problems: problems.map((problem) => problem.slice(problem.indexOf(' : ') + 3)) };
  } finally {
    await removeFolder(dir);
  }
}

test('a file may have remarks, blanks, a byte order mark, quotes over lines and the ends of lines of Windows', async () => {
  const text =
    '\ufeffDEADLINE_MS=1\r\n\r\n# AUTH_ISSUER: x\r\nexport SAS_URL = "https://sas.example" # here\nAUTH_JWKS=\'{\n"keys": []\n}\'\nRELAY_JWKS={"keys":[]}\n';
  expect(await read(text)).toEqual({
    settings: {
      DEADLINE_MS: '1',
      SAS_URL: 'https://sas.example',
      AUTH_JWKS: '{\n"keys": []\n}',
      RELAY_JWKS: '{"keys":[]}',
    },
    problems: [],
  });
});

test.each([
  'AUTH_ISSUER: https://issuer.example',
  'AUTH_ISSUER https://issuer.example',
  '{"AUTH_ISSUER":"x"}',
])('a line that sets nothing is a problem with its number: %s', async (line) => {
  const { problems } = await read(`DEADLINE_MS=1\n\n${line}\n`);
  expect(problems).toEqual(["la ligne 3 n'est pas de la forme NOM=valeur."]);
});

test('a key given for a file of settings is refused, and none of its lines repeated', async () => {
  const line = 'MC4CAQAwBQYDK2VwBCIEIInventedInventedInvented00==';
  const { problems } = await read(`-----BEGIN PRIVATE KEY-----\n${line}\n-----END PRIVATE KEY-----\n`);
  expect(problems).toEqual([
    "la ligne 1 n'est pas de la forme NOM=valeur.",
    'un nom illisible est un réglage inconnu.',
  ]);
});
