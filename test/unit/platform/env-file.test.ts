// Which settings are in force on an edge that runs with a file of its own.

import { expect, test } from 'vitest';
import { mergeSettings, nameSettings } from '../../../sandbox/platform/edge/env-file.ts';

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
