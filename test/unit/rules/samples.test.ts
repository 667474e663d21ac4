// Each rule against samples of our own: a valid resource breaks nothing, and one small edit breaks exactly one
// rule. The titles come from the samples' keys, which start with the rule's id.
import { describe, expect, it } from 'vitest';
import { RULES, type RuleId } from '../../../shared/sas/rules/table/table.ts';
import { apply } from '../../support/samples/edit.ts';
import { FAILING, ruleIn } from '../../support/samples/failing.ts';
import { SUBJECTS } from '../../support/samples/subjects.ts';

const severityOf = (id: RuleId): string => RULES[id].severity;

describe('a valid sample breaks no rule', () => {
  for (const [name, subject] of Object.entries(SUBJECTS)) {
    it(name, () => {
      expect(subject.judge(subject.make())).toEqual([]);
    });
  }
});

describe('one edit breaks one rule', () => {
  for (const [title, sample] of FAILING) {
    it(title, () => {
      const subject = SUBJECTS[sample.subject];
      const resource = subject.make();
      for (const [path, value] of Object.entries(sample.edits)) apply(resource, path, value);
      const broken = new Set(subject.judge(resource, sample.options).map((finding) => finding.rule));
      const rule = ruleIn(title) as RuleId;
      expect([...broken]).toContain(rule);
      const expected = [...sample.also, ...(severityOf(rule) === 'error' ? [rule] : [])];
      expect([...broken].filter((id) => severityOf(id) === 'error').sort()).toEqual(expected.sort());
    });
  }

  it('covers every rule', () => {
    const sampled = new Set([...FAILING.keys()].map(ruleIn));
    expect(Object.keys(RULES).filter((id) => !sampled.has(id))).toEqual([]);
  });
});
