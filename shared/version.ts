// The version and its date as package.json states them, read when the program is built or started. Worker and relay
// announce them (CapabilityStatement, user agent, hello of the link).

import manifest from '../package.json' with { type: 'json' };

/** `number`: semantic version; `date`: the day of that version, `YYYY-MM-DD`. */
export const VERSION = { number: manifest.version, date: manifest.date } as const;
