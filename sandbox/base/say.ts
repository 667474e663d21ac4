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
  const { code, path } = cause as NodeJS.ErrnoException;
  const known = code === undefined ? undefined : FILE_FAILURES[code];
  return known === undefined ? cause.message : `${path ?? fallback} ${known}.`;
}
