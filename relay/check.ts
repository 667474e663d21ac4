// `--check`: everything the settings name, proved without opening a port or calling anyone. Also where a start
// learns what stands in its way.

import { loadCertificates } from './certificates.ts';
import type { RelayConfig } from './config.ts';
import { readIdentityKey } from './identity-key.ts';
import { loadInbound } from './inbound-files.ts';
import type { Problem } from './problem.ts';

export function checkFiles(config: RelayConfig, nowMs: number): readonly Problem[] {
  const problems: Problem[] = [];
  const key = readIdentityKey(config.edge.keyFile);
  if (!key.ok) problems.push(key.error);
  config.editors.forEach((editor, index) => {
    problems.push(...loadCertificates(editor, 'client', `editors[${index}]`, nowMs).problems);
  });
  if (config.listen !== undefined) {
    problems.push(...loadInbound(config.listen, config.editors, undefined, nowMs).problems);
  }
  return problems;
}

/** One line per problem, by field. */
export function describeProblems(problems: readonly Problem[]): string {
  return problems.map(({ field, text }) => `${field} : ${text}\n`).join('');
}
