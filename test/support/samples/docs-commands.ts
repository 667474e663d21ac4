// The commands of README and docs/, as a reader copies them: the lines of every block marked `sh`.

import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../../..');
export const PAGES = ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT }).sort()];

export interface Block {
  readonly page: string;
  readonly line: number;
  /** What follows the three backticks. */
  readonly language: string;
  readonly text: string;
}

export function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(resolve(ROOT, page), 'utf8');
  return [...text.matchAll(/^```(\S*)\n(.*?)^```$/gms)].map((match) => ({
    page,
    line: text.slice(0, match.index).split('\n').length + 1,
    language: match[1] ?? '',
    text: match[2] ?? '',
  }));
}

/** One a line, comments left out, continued lines joined. */
export function commandsOf({ text }: Block): readonly string[] {
  return text
    .replace(/ *\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.replace(/(^|\s+)#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** Commands told within a sentence or a table: they have placeholders, and are looked at, not run. */
export function inlineCommandsOf(page: string): readonly string[] {
  const text = readFileSync(resolve(ROOT, page), 'utf8').replace(/^```.*?^```$/gms, '');
  return [...text.matchAll(/`((?:npm (?:run|start)|npx) [^`]+)`/g)].map(([, command = '']) => command);
}
