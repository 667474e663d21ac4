// What a log line may say of an error that nobody foresaw.

/** Class and place; its text may hold what a person sent. */
export function describeUnexpected(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause;
  const where =
    cause.stack
      ?.split('\n')
      .find((line) => line.trimStart().startsWith('at '))
      ?.trim() ?? '';
  return `${cause.name} ${where}`.slice(0, 300);
}
