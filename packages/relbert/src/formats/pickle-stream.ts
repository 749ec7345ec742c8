import { BufferReader, Parser } from 'pickleparser';
import { CheckpointError } from './checkpoint-error.ts';

class PickleError extends Error {
  override readonly name = 'PickleError';
}

/** Lengths in a pickle are checked before they move the reading position: a negative one would loop for ever. */
class CheckedReader extends BufferReader {
  override skip(offset: number): void {
    if (offset < 0 || this.position + offset > this.length)
      throw new PickleError('a length runs past the end of the pickle');
    super.skip(offset);
  }
}

type PlainFunction = (...args: unknown[]) => unknown;

/**
 * One or several pickles in a row. Dictionaries become Maps, so that no key can reach a prototype. Globals and
 * persistent ids are answered by the given functions; extension codes are refused.
 */
export class PickleStream<Persistent> {
  /** What the persistent ids read so far resolved to. */
  readonly storages: Persistent[] = [];
  readonly #file: string;
  readonly #reader: CheckedReader;
  readonly #parser: Parser;

  constructor(
    file: string,
    bytes: Uint8Array,
    resolveName: (module: string, name: string) => unknown,
    resolvePersistent: (id: unknown) => Persistent,
  ) {
    this.#file = file;
    this.#reader = new CheckedReader(bytes);
    this.#parser = new Parser({
      unpicklingTypeOfDictionary: 'Map',
      unpicklingTypeOfSet: 'array',
      nameResolver: { resolve: (module, name) => resolveName(module, name) as PlainFunction },
      persistentResolver: {
        resolve: (id: unknown) => {
          const value = resolvePersistent(id);
          this.storages.push(value);
          return value;
        },
      },
      extensionResolver: {
        resolve: () => {
          throw new CheckpointError(file, 'damaged: it uses pickle extension codes, which no checkpoint does');
        },
      },
    });
  }

  /** Bytes read so far. */
  get position(): number {
    return this.#reader.position;
  }

  /** The next pickle's value. */
  next(): unknown {
    try {
      return this.#parser.read<unknown>(this.#reader);
    } catch (error) {
      if (error instanceof CheckpointError) throw error;
      // The parser's other errors are those of JavaScript.
      const reason = error instanceof PickleError ? ` (${error.message})` : '';
      throw new CheckpointError(this.#file, `its pickle is damaged or cut off${reason}`, { cause: error });
    }
  }
}
