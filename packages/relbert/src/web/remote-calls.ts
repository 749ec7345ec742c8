/** @file Calls between a page and its worker, in both directions. */
import { type ErrorMessage, fromErrorMessage, toErrorMessage } from './error-message.ts';

type Message =
  | { readonly kind: 'call'; readonly id: number; readonly method: string; readonly argument: unknown }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: ErrorMessage }
  | { readonly kind: 'event'; readonly id: number; readonly event: unknown }
  | { readonly kind: 'abort'; readonly id: number };

/** A worker, in a worker the page, or another worker's port. */
export interface Port {
  postMessage(message: unknown, options: StructuredSerializeOptions): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}

/** What a method gets besides its argument. */
export interface CallContext {
  /** Aborted where the caller's is. */
  readonly signal: AbortSignal;
  /** Sends an event to the caller. */
  send(event: unknown): void;
}

/** Methods that the other side may call. */
export type Methods = Readonly<Record<string, (argument: never, context: CallContext) => Promise<unknown>>>;

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: never) => void) | undefined;
  /** What of the argument is moved instead of copied. */
  readonly transfer?: readonly Transferable[];
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly onEvent?: ((event: never) => void) | undefined;
}

/** Calls methods of the other side and answers its calls. Errors keep their class; an abort ends a call at once. */
export class RemoteCalls {
  readonly #port: Port;
  readonly #methods: Methods;
  readonly #waiting = new Map<number, Waiting>();
  readonly #answering = new Map<number, AbortController>();
  #calls = 0;
  #closed: Error | undefined;

  constructor(port: Port, methods: Methods) {
    this.#port = port;
    this.#methods = methods;
    port.addEventListener('message', ({ data }: MessageEvent<Message>) => this.#take(data));
  }

  /** @throws what the method throws, the signal's reason when aborted, and the error of {@link close} */
  async call<Value>(method: string, argument: unknown, options: CallOptions = {}): Promise<Value> {
    const { signal, onEvent, transfer = [] } = options;
    signal?.throwIfAborted();
    if (this.#closed) throw this.#closed;
    const id = ++this.#calls;
    const abort = () => {
      this.#post({ kind: 'abort', id });
      this.#waiting.get(id)?.reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await new Promise<Value>((resolve, reject) => {
        this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject, onEvent });
        this.#post({ kind: 'call', id, method, argument }, transfer);
      });
    } finally {
      this.#waiting.delete(id);
      signal?.removeEventListener('abort', abort);
    }
  }

  /** What {@link close} was given. */
  get closed(): Error | undefined {
    return this.#closed;
  }

  /** Ends the calls that wait, and those to come. */
  close(error: Error): void {
    this.#closed ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#closed);
  }

  #take(message: Message): void {
    const { id } = message;
    if (message.kind === 'call') void this.#answer(message);
    else if (message.kind === 'abort') this.#answering.get(id)?.abort();
    else if (message.kind === 'event') this.#waiting.get(id)?.onEvent?.(message.event as never);
    else if (message.kind === 'result') this.#waiting.get(id)?.resolve(message.value);
    else this.#waiting.get(id)?.reject(fromErrorMessage(message.error));
  }

  async #answer({ id, method, argument }: Message & { readonly kind: 'call' }): Promise<void> {
    const controller = new AbortController();
    this.#answering.set(id, controller);
    const send = (event: unknown) => this.#post({ kind: 'event', id, event });
    try {
      const answer = this.#methods[method];
      if (!answer) throw new Error(`there is no method ${method}: page and worker are of two versions`);
      const value = await answer(argument as never, { signal: controller.signal, send });
      this.#post({ kind: 'result', id, value }, buffersOf(value));
    } catch (error) {
      this.#post({ kind: 'failed', id, error: toErrorMessage(error) });
    } finally {
      this.#answering.delete(id);
    }
  }

  #post(message: Message, transfer: readonly Transferable[] = []): void {
    this.#port.postMessage(message, { transfer: [...transfer] });
  }
}

/** The buffers of a result that is an array of numbers or has one as `data`: they are moved, not copied. */
function buffersOf(value: unknown): ArrayBuffer[] {
  const data = ArrayBuffer.isView(value) ? value : (value as { readonly data?: unknown } | undefined)?.data;
  return ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer ? [data.buffer] : [];
}
