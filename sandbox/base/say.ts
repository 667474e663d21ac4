// What a person reads when a local program fails: one French sentence, never a stack.

const FILE_FAILURES: Readonly<Record<string, string>> = {
  ENOENT: "n'existe pas",
  EACCES: 'ne peut pas être lu ou écrit par ce compte',
  EPERM: 'ne peut pas être lu ou écrit par ce compte',
  EROFS: 'est sur un disque en lecture seule',
  EISDIR: 'est un dossier : un fichier est attendu',
  ENOTDIR: "n'est pas un dossier",
  EEXIST: "existe déjà, et n'est pas un dossier",
  ENOSPC: 'est sur un disque plein',
};

/** The sentence of a failure; `fallback` names the file when Node's error does not. */
export function describeFailure(cause: unknown, fallback = ''): string {
  if (!(cause instanceof Error)) return String(cause);
  const { code, path, syscall } = cause as NodeJS.ErrnoException;
  // Node's recursive mkdir says so of a disk that takes no folder, e.g. one mounted to be read only.
  if (code === 'ENOENT' && syscall === 'mkdir') {
    return `${path ?? fallback} ne peut pas être créé : le disque est peut-être en lecture seule.`;
  }
  const known = code === undefined ? undefined : FILE_FAILURES[code];
  return known === undefined ? cause.message : `${path ?? fallback} ${known}.`;
}
