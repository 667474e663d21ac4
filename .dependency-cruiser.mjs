// Who may import whom: the wings of ARCHITECTURE.md, whose doors are read from its table. A type counts like a value
// unless a rule says otherwise. scripts/check-imports.ts runs it (`npm run imports`); docs/decisions/0009-tooling.md.

import { existsSync, readFileSync } from 'node:fs';

const PROGRAMS = '^(worker|relay|shared|host|conformance|sandbox|scripts|bench)/';

/** The rows of the table "wing | purpose | doors": a wing's path, and the files in it that outsiders may import. */
function readDoors() {
  const page = readFileSync(new URL('ARCHITECTURE.md', import.meta.url), 'utf8');
  const [, table = ''] = page.split(/^\| wing \| purpose \| doors \|\n\|[-|]+\n/m);
  const named = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
  const rows = table.split(/\n(?!\|)/, 1)[0].split('\n');
  const doors = rows.map((row) => {
    const [, wing, , files] = row.split('|');
    return { wing: named(wing)[0]?.replace(/\/$/, ''), doors: named(files) };
  });
  if (doors.length < 20 || doors.some((row) => row.wing === undefined || row.doors.length === 0)) {
    throw new Error('ARCHITECTURE.md: the table of the wings and their doors cannot be read');
  }
  const lost = doors
    .flatMap((row) => row.doors.map((file) => `${row.wing}/${file}`))
    .find((path) => !existsSync(path));
  if (lost !== undefined) throw new Error(`ARCHITECTURE.md: the door ${lost} is not there`);
  return doors;
}

const forbid = (name, comment, from, to, more = {}) => ({
  name,
  comment,
  severity: 'error',
  from,
  to,
  ...more,
});
const only = (folder, allowed, comment) =>
  forbid(
    `${folder}-imports`,
    comment,
    { path: `^${folder}/` },
    { path: PROGRAMS_AND_TESTS, pathNot: allowed },
  );
const PROGRAMS_AND_TESTS = '^(worker|relay|shared|host|conformance|sandbox|scripts|bench|test)/';

const WINGS = [
  forbid(
    'shared-base',
    'Files beside the folders of shared/ import each other only.',
    { path: '^shared/[^/]+$' },
    { path: PROGRAMS_AND_TESTS, pathNot: '^shared/[^/]+$' },
  ),
  only(
    'shared/fhir',
    '^shared/([^/]+|fhir/.+)$',
    'shared/fhir imports the files beside the folders of shared/.',
  ),
  only(
    'shared/sas',
    '^shared/([^/]+|(fhir|sas)/.+)$',
    'shared/sas imports shared/fhir and the files beside.',
  ),
  only('shared/link', '^shared/', 'shared/link imports nothing outside shared/.'),
  forbid(
    'shared-link-types',
    'shared/link imports types of fhir and sas only.',
    { path: '^shared/link/' },
    { path: '^shared/(fhir|sas)/', dependencyTypesNot: ['type-only'] },
  ),
  only('worker', '^(worker|shared)/', 'worker/ imports shared/ only.'),
  only('relay', '^(relay|shared)/', 'relay/ imports shared/ only.'),
  only(
    'host',
    '^(host/|shared/|worker/base/settings[.]ts$|relay/base/(output|private-file)[.]ts$)',
    "host/ imports shared/, the schema of the Worker's settings, and how the relay writes lines and reads a private file.",
  ),
  only('conformance', '^(conformance|relay|shared)/', 'conformance/ imports shared/ and relay/ only.'),
  only(
    'sandbox/(pki|vendors|hub-sante)',
    // A folder is one program's at a time, whichever it is.
    '^(sandbox/|shared/fhir/|host/state/state-lock[.]ts$)',
    'The simulated vendors and Hub Santé read the guide on their own.',
  ),
  forbid(
    'sandbox-types',
    'The simulated vendors and Hub Santé use types of shared/fhir only.',
    { path: '^sandbox/(pki|vendors|hub-sante)/' },
    { path: '^shared/', dependencyTypesNot: ['type-only'] },
  ),
  forbid(
    'tests-on-top',
    'Nobody imports test/, bench/ or scripts/.',
    { path: PROGRAMS },
    { path: '^(test|bench|scripts)/', pathNot: '^$1/' },
  ),
];

const RUNTIMES = [
  forbid(
    'no-node',
    'shared/ and worker/ use web-standard APIs only.',
    { path: '^(shared|worker)/' },
    { dependencyTypes: ['core'] },
  ),
  forbid(
    'no-cloudflare',
    'cloudflare: modules stay in worker/.',
    { path: PROGRAMS, pathNot: '^worker/' },
    { path: '^cloudflare:' },
  ),
  forbid(
    'no-dev-package',
    'What runs in production is under "dependencies". The description of bodies is made when the Worker is built.',
    { path: '^(worker|relay|shared|host|conformance)/', pathNot: '^worker/openapi/model/body-schema[.]ts$' },
    { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
  ),
];

const CIRCLES = [
  forbid('no-circle', 'Files form no circle, types included.', { path: PROGRAMS }, { circular: true }),
  forbid(
    'no-circle-of-folders',
    'Folders form no circle.',
    { path: PROGRAMS },
    { circular: true },
    { scope: 'folder' },
  ),
  forbid(
    'nothing-from-above',
    'The files beside the folders of worker/ and relay/ know everybody; no folder knows them.',
    { path: '^(worker|relay)/[^/]+/' },
    { path: '^$1/[^/]+$' },
  ),
];

const ROWS = readDoors();
const DOORS = ROWS.flatMap(({ wing, doors }) => {
  const inner = ROWS.filter((row) => row.wing.startsWith(`${wing}/`)).map((row) => `^${row.wing}/`);
  const outside = { path: PROGRAMS, pathNot: [`^${wing}/`, '^bench/'] };
  const door = `^${wing}/(${doors.join('|')})$`;
  return [
    forbid(`doors of ${wing}`, `ARCHITECTURE.md lists the doors of ${wing}.`, outside, {
      path: `^${wing}/`,
      pathNot: [door, ...inner],
    }),
    {
      name: `unused doors of ${wing}`,
      comment: 'Nobody outside imports it: it is no door.',
      severity: 'error',
      from: outside,
      module: { path: door, numberOfDependentsLessThan: 1 },
    },
  ];
});

export default {
  forbidden: [...WINGS, ...RUNTIMES, ...CIRCLES, ...DOORS],
  options: {
    // TypeScript 7 has no parser that dependency-cruiser can call; swc reads the syntax, type imports included.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.mjs', '.js', '.json'] },
  },
};
