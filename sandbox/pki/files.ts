// Writing so that two programs started together never see half a file: a file is written under another name,
// then renamed; a folder is filled under another name, then renamed, and the second to finish keeps the first's.

import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface FileContent {
  readonly content: string | Uint8Array;
  /** Keys are readable by their owner only. */
  readonly secret?: boolean;
}

const SECRET_MODE = 0o600;
const PUBLIC_MODE = 0o644;

export async function writeAtomically(path: string, file: FileContent): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  await writeFile(temporary, file.content, { mode: file.secret ? SECRET_MODE : PUBLIC_MODE });
  await rename(temporary, path);
}

/** Returns whether this call made the folder; false when another program was first. */
export async function makeFolderOnce(
  path: string,
  fill: () => Promise<Readonly<Record<string, FileContent>>>,
): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true });
  const files = await fill();
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  await mkdir(temporary, { mode: 0o700 });
  try {
    for (const [name, file] of Object.entries(files)) {
      const target = join(temporary, name);
      await writeFile(target, file.content, { mode: file.secret ? SECRET_MODE : PUBLIC_MODE });
    }
    await chmod(temporary, 0o755);
    await rename(temporary, path);
    return true;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (isTaken(error)) return false;
    throw error;
  }
}

/** Undefined when there is no such file. */
export async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function isTaken(error: unknown): boolean {
  return hasCode(error, 'ENOTEMPTY', 'EEXIST');
}
