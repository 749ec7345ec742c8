/** One go over batches: the number of those done after each, and at the end the result. */
export type Pass<T> = AsyncGenerator<number, T>;

/** How far a pass is, for whoever waits. */
export interface MeasuringEvent {
  readonly kind: 'measuring';
  /** Training loss, validation loss, or the gradient of the training loss. */
  readonly what: 'loss' | 'validation' | 'gradient';
  readonly batch: number;
  readonly batches: number;
}

/** The result of a pass that nobody watches. */
export async function resultOf<T>(pass: Pass<T>): Promise<T> {
  for (;;) {
    const { done, value } = await pass.next();
    if (done) return value;
  }
}

/** A pass with an event for each batch. */
export async function* told<T, E>(pass: Pass<T>, event: (batch: number) => E): AsyncGenerator<E, T> {
  for (;;) {
    const { done, value } = await pass.next();
    if (done) return value;
    yield event(value);
  }
}
