// The nightly part of the console: forgets sessions and links that are over, users a year after their right, audit entries
// after a year; and writes the last hash of the audit's chain to the log, which another keeps. docs/storage.md.

import type { Env } from '../../base/env.ts';
import { log } from '../../base/log.ts';
import type { Budget } from '../../store/budget.ts';
import { purgeInBatches } from '../../store/purge-batches.ts';
import { forgetAuditStatement, listAudit } from './audit.ts';
import { forgetStatements } from './sessions.ts';

const YEAR_MS = 365 * 24 * 3_600_000;

/** @returns whether all is done; else the next run goes on. @throws GatewayError storage-unavailable. */
export async function purgeConsole(env: Env, nowMs: number, budget: Budget): Promise<boolean> {
  const [last] = await listAudit(env.DB, 1);
  if (last !== undefined) log('info', 'console-audit-chain', { count: last.id, detail: last.hash });
  const statements = [
    ...forgetStatements(env.DB, nowMs, nowMs - YEAR_MS),
    forgetAuditStatement(env.DB, nowMs - YEAR_MS),
  ];
  let isDone = true;
  for (const statement of statements) isDone = !(await purgeInBatches(statement, budget)).isBehind && isDone;
  return isDone;
}
