// Repeatable chance: every draw is a pure function of what names it (seed, practitioner, date, rank). No clock.

/** A well-mixed 32-bit number from any mix of words and numbers. */
export function hash(...parts: readonly (string | number)[]): number {
  let state = 0x811c9dc5;
  for (const part of parts) {
    const text = `${part}|`;
    for (let i = 0; i < text.length; i += 1) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}

/** Uniform in [0, 1). */
export function draw(...parts: readonly (string | number)[]): number {
  return hash(...parts) / 0x1_0000_0000;
}

export function pick<T>(choices: readonly [T, ...(readonly T[])], ...parts: readonly (string | number)[]): T {
  return choices[hash(...parts) % choices.length] ?? choices[0];
}
