// How loud something is; frame/style.ts has the colours and the shapes.

/** From what must be acted upon to what nobody knows. */
export type Tone = 'down' | 'doubt' | 'well' | 'off' | 'unknown';
