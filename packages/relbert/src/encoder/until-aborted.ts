/**
 * The values of a source. An abort is heard at once, also while the source is waiting: it is then told to end, but not
 * waited for, as what waits in `next()` keeps `return()` waiting too.
 *
 * @throws the signal's reason when aborted, and what the source throws
 */
export async function* untilAborted<T>(
  source: AsyncIterable<T> | Iterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void> {
  const iterator = (source as Partial<AsyncIterable<T>>)[Symbol.asyncIterator]?.();
  if (!iterator) {
    for (const value of source as Iterable<T>) {
      signal.throwIfAborted();
      yield value;
    }
    return;
  }
  /** Whether the last value was taken over: else the source has ended, failed, or is still asked. */
  let open = true;
  try {
    for (;;) {
      signal.throwIfAborted();
      open = false;
      const step = await orAborted(iterator.next(), signal);
      if (step.done) return;
      open = true;
      yield step.value;
    }
  } finally {
    if (signal.aborted) void (async () => iterator.return?.())().catch(() => {});
    else if (open) await iterator.return?.();
  }
}

/** One listener a step, taken away after it: a race with one promise for all steps would grow with the stream. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
