// The table of rules itself: its rows, its links to tests, its page.
import { describe, expect, it } from 'vitest';
import { buildRuleTable, findOrphans } from '../../../scripts/rule-table.ts';
import { defineRules } from '../../../shared/sas/rules/table/rule.ts';
import { RULES, type RuleId, ruleOf } from '../../../shared/sas/rules/table/table.ts';

describe('table of rules', () => {
  it('gives every rule its own id, a kebab-case one', () => {
    for (const [id, rule] of Object.entries(RULES)) {
      expect(rule.id).toBe(id);
      expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(ruleOf(id as RuleId)).toBe(rule);
    }
  });

  it('says each rule in one sentence', () => {
    for (const { text } of Object.values(RULES)) expect(text).toMatch(/^[^\n]+[^ ]\.$/);
  });

  it('refuses a row that has no page', () => {
    expect(() => defineRules('Slot', { x: 'error [] Sans page.' })).toThrow(/severity \[page\] sentence/);
  });

  it('ties every rule of the validators to a test', async () => {
    const { problems, text } = await buildRuleTable();
    expect(problems.filter((problem) => problem.split(':')[0]! in RULES)).toEqual([]);
    for (const id of Object.keys(RULES)) expect(text).toContain(`| \`${id}\` |`);
  });

  it('complains of a rule without test and of a test without rule', () => {
    const rules = new Map([
      ['a', 1],
      ['b', 1],
    ]);
    const tests = new Map([
      ['b', new Set(['b.test.ts'])],
      ['c', new Set(['c.test.ts'])],
    ]);
    expect(findOrphans(rules, tests)).toEqual(['a: no test names it', 'c: no such rule, named in c.test.ts']);
  });
});
