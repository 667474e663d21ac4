// The Durable Object that runs the schedule, once a minute, by its own alarm: an object is in its jurisdiction, which a
// cron trigger is not (docs/exploitation/souverainete.md). The platform gives up an alarm that has thrown six times, so
// the next one is set before anything is done, and nothing that is done throws. It runs no alarm beside another.

import { DurableObject } from 'cloudflare:workers';
import { readConfig } from '../base/config.ts';
import type { Env } from '../base/env.ts';
import { describeUnexpected, log } from '../base/log.ts';
import { objectOf } from '../base/objects.ts';
import { runSteps } from './run.ts';
import {
  type RunReport,
  SCHEDULER_NAME,
  type ScheduleCalls,
  type ScheduleDescription,
} from './scheduler-of.ts';
import { isPlanned, mayForget, type SeenClock, seeClock } from './steady-clock.ts';
import { isDue, type Step } from './steps.ts';

/** When the settings cannot be read: the runs fail and say so, the alarm goes on. */
const FALLBACK_MS = 60_000;
const LAST = 'last';
const STEPS_DONE = 'steps';
const CLOCK = 'clock';

/** The one scheduler; its methods are documented where the Worker reads them, in scheduler-of.ts. */
export class Scheduler extends DurableObject<Env> implements ScheduleCalls {
  async start(): Promise<void> {
    const planned = await this.ctx.storage.getAlarm();
    if (!isPlanned(planned, Date.now(), this.#pauseMs())) await this.#planNext();
  }

  override async alarm(): Promise<void> {
    if (!this.#isCurrent()) return;
    await this.#planNext();
    try {
      const nowMs = Date.now();
      const done = await this.#stepsDone();
      const canForget = await this.#canForget(nowMs);
      await this.#run(
        nowMs,
        (step) => (canForget || step.forgets !== true) && isDue(step, nowMs, done[step.name]),
      );
    } catch (cause) {
      log('error', 'schedule-failed', { detail: describeUnexpected(cause) });
    }
  }

  runNow(atMs: number, isWhole: boolean): Promise<RunReport> {
    return this.#run(atMs, ({ every }) => isWhole || every !== 'nightly');
  }

  async describe(): Promise<ScheduleDescription> {
    const nextMs = (await this.ctx.storage.getAlarm()) ?? undefined;
    const last = await this.ctx.storage.get<RunReport>(LAST);
    return { nextMs, last, steps: await this.#stepsDone() };
  }

  /** False: the setting JURISDICTION has changed, and another object runs the schedule. */
  #isCurrent(): boolean {
    try {
      return objectOf(this.env, this.env.SCHEDULER, SCHEDULER_NAME).id.equals(this.ctx.id);
    } catch {
      return true;
    }
  }

  #planNext(): Promise<void> {
    return this.ctx.storage.setAlarm(Date.now() + this.#pauseMs());
  }

  #pauseMs(): number {
    try {
      return readConfig(this.env).scheduleMs;
    } catch {
      return FALLBACK_MS;
    }
  }

  async #canForget(nowMs: number): Promise<boolean> {
    const before = await this.ctx.storage.get<SeenClock>(CLOCK);
    const clock = seeClock(before, nowMs);
    await this.ctx.storage.put(CLOCK, clock);
    if (before !== undefined && clock.steadySinceMs === nowMs && before.seenMs !== nowMs) {
      log('warn', 'schedule-clock-jumped', { durationMs: nowMs - before.seenMs });
    }
    return mayForget(clock);
  }

  async #stepsDone(): Promise<Readonly<Record<string, number>>> {
    return (await this.ctx.storage.get<Record<string, number>>(STEPS_DONE)) ?? {};
  }

  async #run(nowMs: number, which: (step: Step) => boolean): Promise<RunReport> {
    const report = await runSteps(this.env, nowMs, which);
    const done = Object.fromEntries(report.done.map((name) => [name, nowMs]));
    await this.ctx.storage.put({ [LAST]: report, [STEPS_DONE]: { ...(await this.#stepsDone()), ...done } });
    return report;
  }
}
