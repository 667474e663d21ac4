// A long text whose pieces come again and again, told once each: gzip looks back 32 kB only, and the description of the API says
// most things further apart. scripts/fold.ts folds it when the Worker is built. Pure.

/** In order: a text stands for itself; a number begins a pair, from which letter of what came before, and how many of them. */
export type Folded = readonly (string | number)[];

/** The text that scripts/fold.ts folded. */
export function unfold(parts: Folded): string {
  let text = '';
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at] ?? '';
    if (typeof part === 'string') text += part;
    else {
      at += 1;
      text += text.slice(part, part + Number(parts[at]));
    }
  }
  return text;
}
