/** One pass over batches: yields the number of batches done after each, returns the result. */
export type Pass<T> = AsyncGenerator<number, T>;

/** How far a pass is. */
export interface MeasuringEvent {
  readonly kind: 'measuring';
  /** The training loss, the validation loss, or the gradient of the training loss. */
  readonly what: 'loss' | 'validation' | 'gradient';
  readonly batch: number;
  readonly batches: number;
}

/** The result of a pass, without its progress. */
export async function resultOf<T>(pass: Pass<T>): Promise<T> {
  for (;;) {
    const { done, value } = await pass.next();
    if (done) return value;
  }
}

/** A pass that yields an event for each batch. */
export async function* withProgress<T, E>(pass: Pass<T>, event: (batch: number) => E): AsyncGenerator<E, T> {
  for (;;) {
    const { done, value } = await pass.next();
    if (done) return value;
    yield event(value);
  }
}
