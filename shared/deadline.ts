// One promise against one deadline: every wait of both programs that must end by itself. Web-standard timers only.

/**
 * Settles as `work` does; when `ms` milliseconds pass first, with what `late` returns or throws. The timer ends with the race.
 * `work` itself goes on, and its later rejection is swallowed.
 */
export async function within<T, L>(work: PromiseLike<T>, ms: number, late: () => L): Promise<T | L> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  try {
    return await Promise.race([work, promise.then(late)]);
  } finally {
    clearTimeout(timer);
  }
}

/** For `within`: makes lateness a rejection. @throws Error 'late' */
export function rejectLate(): never {
  throw new Error('late');
}
