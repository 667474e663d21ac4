// What a screen writes to the audit: who, what, on whom, why. An act that cannot be written is not done.

import type { ConsoleContext } from '../model/context.ts';
import { writeAudit } from './audit.ts';

/** What was done or read. */
export interface Act {
  readonly act: string;
  /** A vendor, a wave: never a person's identifier. */
  readonly target?: string;
  readonly before?: string;
  readonly after?: string;
  readonly reason?: string;
  /** Under that name it is written once. */
  readonly once?: string;
}

/** False: it was written before, under that name. @throws GatewayError storage-unavailable. */
export function noteAct(
  { env, user, requestId, startedMs }: Pick<ConsoleContext, 'env' | 'user' | 'requestId' | 'startedMs'>,
  { act, target = '', before = '', after = '', reason = '', once }: Act,
): Promise<boolean> {
  const actor = user.subject;
  const note = { atMs: startedMs, actor, act, target, before, after, reason, requestId };
  return writeAudit(env.DB, { ...note, ...(once !== undefined && { once }) });
}
