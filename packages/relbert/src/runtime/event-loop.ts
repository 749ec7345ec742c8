/**
 * A turn for the event loop, which native code blocks while it computes: signals, timers and input come through.
 *
 * @throws the signal's reason where it was aborted by then
 */
export async function eventLoopTurn(signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve));
  signal?.throwIfAborted();
}

/**
 * A turn at most every so many milliseconds of work, for loops of short steps: `undefined` while it is too early, so
 * that most steps cost no promise.
 */
export function eventLoopTurns(milliseconds = 5): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < milliseconds) return undefined;
    return eventLoopTurn().then(() => {
      last = performance.now();
    });
  };
}
