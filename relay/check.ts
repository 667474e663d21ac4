// `--check`: everything the settings name, proved without opening a port or calling anyone. Also where a start
// learns what stands in its way.

import { fieldsOf, type RelayConfig } from './base/config.ts';
import type { Problem } from './base/problem.ts';
import { loadCertificates } from './certificates/certificates.ts';
import { HUB_SANTE_SCOPE, LISTEN_SCOPE, ListMarks, scopeOf } from './certificates/list-marks.ts';
import { loadHubSante } from './hub-sante/files.ts';
import { loadInbound } from './inbound/files.ts';
import { readIdentityKey } from './link/identity-key.ts';

/** What is wrong with the files that the settings name, all at once; empty when nothing is. */
export function checkFiles(config: RelayConfig, nowMs: number): readonly Problem[] {
  const marks = ListMarks.open(config.stateFolder);
  const problems: Problem[] = [...marks.problems];
  const key = readIdentityKey(config.edge.keyFile);
  if (!key.ok) problems.push(key.error);
  const { editors, broken, listen, hubSante } = config;
  for (const one of broken) problems.push(...one.problems);
  const fields = fieldsOf(editors, broken);
  for (const [index, editor] of editors.entries()) {
    problems.push(
      ...loadCertificates(
        editor,
        'client',
        fields[index] ?? '',
        nowMs,
        undefined,
        marks.scoped(scopeOf(editor.id)),
      ).problems,
    );
  }
  if (listen !== undefined) {
    problems.push(
      ...loadInbound(listen, editors, undefined, nowMs, broken, marks.scoped(LISTEN_SCOPE)).problems,
    );
  }
  if (hubSante !== undefined) {
    problems.push(...loadHubSante(hubSante, undefined, nowMs, marks.scoped(HUB_SANTE_SCOPE)).problems);
  }
  return problems;
}

/** One line per problem, by field. */
export function describeProblems(problems: readonly Problem[]): string {
  return problems.map(({ field, text }) => `${field} : ${text}\n`).join('');
}
