// Writes docs/rules.md: every rule with its severity, sentence, page and test. `--check` writes nothing and
// exits 1 when the file is stale, a rule has no test, or a test names a rule that does not exist. A test is
// tied to a rule by its title, which starts with the rule's id in brackets; the keys of the failing samples
// are such titles. Run: npm run rules [-- --check]
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readFlags } from '../sandbox/base/flags.ts';
import { PROFILE } from '../shared/sas/canonical.ts';
import type { Rule } from '../shared/sas/rules/table/rule.ts';
import { RULES } from '../shared/sas/rules/table/table.ts';

const ROOT = resolve(import.meta.dirname, '..');
const PAGE = join(ROOT, 'docs/rules.md');
const READ_RULES = join(ROOT, 'shared/sas/read/elements/rules.ts');
/** A string literal that starts with an id in brackets and a blank. */
const TITLE = /['"`]\[([a-z0-9]+(?:-[a-z0-9]+)*)\] /g;

export interface RuleTable {
  readonly text: string;
  /** Sentences for the person who runs `--check`; empty when all is well. */
  readonly problems: readonly string[];
}

async function loadRules(problems: string[]): Promise<ReadonlyMap<string, Rule>> {
  const rules = new Map<string, Rule>(Object.entries(RULES));
  if (!existsSync(READ_RULES)) return rules;
  const module: { READ_RULES?: Readonly<Record<string, Rule>> } = await import(
    pathToFileURL(READ_RULES).href
  );
  for (const [id, rule] of Object.entries(module.READ_RULES ?? {})) {
    if (rules.has(id)) problems.push(`${id}: declared by the validators and by the reader`);
    if (rule.id !== id) problems.push(`${id}: its row says "${rule.id}"`);
    rules.set(id, rule);
  }
  return rules;
}

/** Rule id to the test files that name it, sorted. */
function findTests(): ReadonlyMap<string, ReadonlySet<string>> {
  const tests = new Map<string, Set<string>>();
  for (const file of globSync('test/**/*.ts', { cwd: ROOT }).sort()) {
    for (const [, id = ''] of readFileSync(join(ROOT, file), 'utf8').matchAll(TITLE)) {
      tests.set(id, (tests.get(id) ?? new Set()).add(file.replaceAll('\\', '/')));
    }
  }
  return tests;
}

const INTRO = `# Règles

Cette page est engendrée par \`npm run rules\` : ne pas la modifier à la main.

Chaque règle a un identifiant stable, que portent les constats rendus aux éditeurs et les journaux. La gravité
dit ce que fait la passerelle :

| gravité | effet |
|---|---|
| erreur | ne sort jamais de la passerelle : la ressource est réparée par une autre règle, écartée ou refusée |
| avertissement | passe, et est compté par éditeur |
| réparé | la lecture des réponses l'a remis en forme, et le compte |

La colonne « page » renvoie au guide : \`PS\`, \`CPTS\`, \`SOS\` (recherche de créneaux), \`REG\` (comptes des
régulateurs), \`RDV\` (rendez-vous), \`FAQ\`, un profil, FHIR \`R4\`, ou \`KIT\` (outil de test de l'ANS). Un essai est
lié à sa règle par son titre, qui commence par l'identifiant entre crochets.
`;

/** Resource, then the profile's URL in INT_R01, INT_R04 and SOS, or of what is written. */
const PROFILES: readonly (readonly [string, string, string, string])[] = [
  [
    'Slot',
    PROFILE.slotIndividual,
    `${PROFILE.slotCpts} (nature CPTS) ; sinon comme INT_R01`,
    PROFILE.slotSos,
  ],
  ['Schedule', PROFILE.schedule, PROFILE.schedule, PROFILE.scheduleSos],
  ['Practitioner', PROFILE.practitioner, PROFILE.practitioner, ''],
  ['PractitionerRole', PROFILE.practitionerRole, PROFILE.practitionerRole, ''],
  ['Location', `${PROFILE.location} (contenu)`, `${PROFILE.location} (contenu)`, PROFILE.locationSos],
  ['HealthcareService', '', PROFILE.healthcareService, ''],
  ['Organization', '', PROFILE.organizationCpts, PROFILE.organizationSos],
];

/** What `meta-profile-canonical` expects. */
function profileTable(): string {
  const cellOf = (text: string): string => (text === '' ? '–' : cell(text.replace(/http\S+/, '`$&`')));
  const rows = PROFILES.map(([resource, ...urls]) => `| ${[resource, ...urls.map(cellOf)].join(' | ')} |`);
  return `## Profil attendu dans chaque flux

| ressource | INT_R01 | INT_R04 | SOS Médecins |
|---|---|---|---|
${rows.join('\n')}

Comptes (INT_R02) : \`${PROFILE.regulator}\`. Rendez-vous (INT_R03) : \`${PROFILE.appointment}\` ; d'une association SOS
Médecins, \`${PROFILE.appointmentSos}\`.

## Les règles`;
}

const SEVERITY: Readonly<Record<Rule['severity'], string>> = {
  error: 'erreur',
  warning: 'avertissement',
  repaired: 'réparé',
};

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function row(rule: Rule, tests: ReadonlySet<string> | undefined): string {
  const links = [...(tests ?? [])].map((file) => `[${file.split('/').at(-1)}](../${file})`).join(', ');
  const cells = [`\`${rule.id}\``, rule.on, SEVERITY[rule.severity], rule.text, rule.page].map(cell);
  return `| ${cells.join(' | ')} | ${links} |`;
}

/** What is wrong between rules and tests, in sentences. */
export function findOrphans(
  rules: ReadonlyMap<string, unknown>,
  tests: ReadonlyMap<string, ReadonlySet<string>>,
): readonly string[] {
  return [
    ...[...rules.keys()].filter((id) => !tests.has(id)).map((id) => `${id}: no test names it`),
    ...[...tests]
      .filter(([id]) => !rules.has(id))
      .map(([id, files]) => `${id}: no such rule, named in ${[...files].join(', ')}`),
  ];
}

/** The page as it should be, and what is wrong with the rules or the tests. */
export async function buildRuleTable(): Promise<RuleTable> {
  const problems: string[] = [];
  const rules = await loadRules(problems);
  const tests = findTests();
  problems.push(...findOrphans(rules, tests));
  const rows = [...rules.values()].map((rule) => row(rule, tests.get(rule.id)));
  const head = '| règle | objet | gravité | énoncé | page | essai |\n|---|---|---|---|---|---|';
  return {
    text: `${INTRO}\n${profileTable()}\n\n${rules.size} règles.\n\n${head}\n${rows.join('\n')}\n`,
    problems,
  };
}

async function main(check: boolean): Promise<void> {
  const { text, problems } = await buildRuleTable();
  const stale = !existsSync(PAGE) || readFileSync(PAGE, 'utf8') !== text;
  if (!check) writeFileSync(PAGE, text);
  const complaints = check && stale ? [...problems, 'docs/rules.md is stale: run npm run rules'] : problems;
  for (const complaint of complaints) console.error(complaint);
  if (check && complaints.length > 0) process.exitCode = 1;
}

if (import.meta.main) {
  const check = {
    kind: 'switch',
    about: "n'écrit rien ; 1 quand la page est périmée ou une règle sans essai",
  } as const;
  await main(readFlags('npm run rules -- [options]', { check }).check);
}
