// A steady load: so many a second, whoever waits.

/** Begins one each so often until `isOver`, whether those before have ended or not: who waits is not asked less. */
export async function paced(
  perSecond: number,
  isOver: () => boolean,
  ask: () => Promise<unknown>,
): Promise<void> {
  const asked: Promise<unknown>[] = [];
  const firstMs = performance.now();
  for (let count = 0; !isOver(); count += 1) {
    const dueMs = firstMs + (count / perSecond) * 1_000;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
    asked.push(ask());
  }
  await Promise.all(asked);
}
