// Folds a text as worker/openapi/folded.ts unfolds it: from left to right, each time the longest piece that was there before.

import type { Folded } from '../worker/openapi/folded.ts';

/** A shorter piece costs as much as its two numbers. */
const LETTERS_MIN = 32;
/** Places that are tried for one piece: the first ones, as all of a kind are alike. */
const PLACES_MAX = 64;

export function fold(text: string): Folded {
  const places = new Map<string, number[]>();
  const note = (at: number): void => {
    const key = text.slice(at, at + LETTERS_MIN);
    const known = places.get(key) ?? [];
    if (known.length < PLACES_MAX) places.set(key, [...known, at]);
  };
  const parts: (string | number)[] = [];
  let told = 0;
  for (let at = 0; at < text.length; ) {
    const piece = findLongest(text, at, places.get(text.slice(at, at + LETTERS_MIN)) ?? []);
    if (piece.length < LETTERS_MIN) note(at++);
    else {
      if (told < at) parts.push(text.slice(told, at));
      parts.push(piece.from, piece.length);
      told = at + piece.length;
      while (at < told) note(at++);
    }
  }
  if (told < text.length) parts.push(text.slice(told));
  return parts;
}

function findLongest(text: string, at: number, places: readonly number[]) {
  let longest = { from: 0, length: 0 };
  for (const from of places) {
    let length = 0;
    // Only of what is there already when it is unfolded.
    while (from + length < at && at + length < text.length && text[from + length] === text[at + length])
      length += 1;
    if (length > longest.length) longest = { from, length };
  }
  return longest;
}
