// The settings of the operators' console, part of the one schema in worker/base/settings.ts. Without CONSOLE_LINKS nobody can
// enter. docs/console.md.

import * as v from 'valibot';
import { hostNames } from './host-names.ts';

/** The audience of a one-use link: no bearer token has it, and AUTH_AUDIENCE may not be it. */
export const CONSOLE_AUDIENCE = 'passerelle-console';

/** The settings of the console. */
export interface ConsoleSettings {
  /** `local`: the edge takes one-use links that its own local issuer signed. */
  readonly links: 'off' | 'local';
  /** What every page calls this edge; undefined: its host name. */
  readonly environment: string | undefined;
}

/** The part of the schema. */
export const consoleEntries = {
  CONSOLE_LINKS: v.optional(v.picklist(['off', 'local'], 'is not off or local'), 'off'),
  CONSOLE_HOSTS: hostNames,
  CONSOLE_ENVIRONMENT: v.optional(
    v.pipe(v.string(), v.trim(), v.nonEmpty('is empty'), v.maxLength(40, 'is over 40 characters')),
  ),
};
const schema = v.object(consoleEntries);

/** From what the schema gave; the host names are among the doors (host-names.ts). */
export function consoleSettings(settings: v.InferOutput<typeof schema>): ConsoleSettings {
  return Object.freeze({ links: settings.CONSOLE_LINKS, environment: settings.CONSOLE_ENVIRONMENT });
}
