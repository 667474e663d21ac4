// What this build calls itself.

export const VERSION = { number: '0.1.0', date: '2026-11-24' } as const;
