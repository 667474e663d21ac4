// A6: every answer held against the profiles of its flow by the validators that the relay and the edge use
// (docs/rules.md). One problem per rule: where it is broken first, how many times, and what would be right.

import { judgeBundle } from '../../shared/sas/rules/bundle.ts';
import type { Finding } from '../../shared/sas/rules/r4/checker.ts';
import { describeFinding, ruleOf } from '../../shared/sas/rules/table/table.ts';
import type { Answer } from '../calls/search.ts';
import { showModel } from '../report/model-resources.ts';
import {
  defineRequirements,
  joinAlike,
  type Problem,
  type Requirement,
  skip,
  type Verdict,
} from '../requirement.ts';
import type { Scene } from '../scene.ts';
import { describeNoSlot, GROUP_SUFFIX, mark, type Survey } from '../survey.ts';
import { findWholeProblems } from '../whole-answer.ts';

const ROWS = defineRequirements({
  A6: 'failure [profil BundleAgregateur] Les réponses sont conformes aux profils du flux.',
});

interface Broken {
  readonly finding: Finding;
  readonly answer: Answer;
  count: number;
}

export function runValidation(scene: Scene, { flow, answers }: Survey): void {
  const page = flow === 'INT_R04' ? 'profil sas-cpts-bundle-aggregator' : ROWS.A6.page;
  judgeProfiles(scene, `Validation${GROUP_SUFFIX[flow]}`, mark({ ...ROWS.A6, page }, flow), answers);
}

export function judgeProfiles(
  scene: Scene,
  group: string,
  requirement: Requirement,
  answers: readonly Answer[],
): void {
  const read = answers.filter(({ view }) => view !== undefined);
  const exchanges = read.map(({ exchange }) => exchange);
  const verdict: Verdict =
    read.length === 0 ? skip('Non jugé : aucune recherche n’a rendu de Bundle (A2).') : judge(scene, read);
  scene.judge(group, requirement, verdict, ...exchanges);
}

function judge(scene: Scene, answers: readonly Answer[]): Verdict {
  // By its sentence: one rule may expect something else of each resource.
  const byRule = new Map<string, Broken>();
  for (const answer of answers) {
    const { flow, subjects, nowMs, window } = answer;
    for (const finding of judgeBundle(answer.view?.bundle, flow, { window, subjects, nowMs })) {
      const sentence = describeFinding(finding);
      const known = byRule.get(sentence);
      if (known === undefined) byRule.set(sentence, { finding, answer, count: 1 });
      else known.count += 1;
    }
  }
  const broken = [...byRule.values()];
  const problems = [
    ...joinAlike(answers.flatMap((answer) => findWholeProblems(scene, answer))),
    ...broken.filter(isError).map((one) => describe(scene, one)),
  ];
  const remarks = broken.filter((one) => !isError(one)).map((one) => describe(scene, one));
  if (problems.length > 0) return { does: 'break', problems, remarks };
  // Empty answers break no rule, and show no resource.
  if (answers.every(({ view }) => view?.resources.length === 0)) return skip(describeNoSlot(answers));
  return { does: 'pass', remarks };
}

function isError({ finding }: Broken): boolean {
  return ruleOf(finding.rule).severity === 'error';
}

function describe(scene: Scene, { finding, answer, count }: Broken): Problem {
  const rule = ruleOf(finding.rule);
  const bundle = answer.view?.bundle;
  const often = count > 1 ? ` (${count} fois)` : '';
  return {
    ...scene.problem(bundle, `${describeFinding(finding)}${often} [${rule.id}]`, finding.expression),
    example: showModel(bundle, finding.expression, answer.flow),
    page: rule.page,
  };
}
