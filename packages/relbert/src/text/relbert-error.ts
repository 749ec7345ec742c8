import { oneLine } from './visible.ts';

/**
 * An error that names what is wrong with a file, an option or a setting. Its message is one line without control
 * characters, whatever the file holds.
 */
export class RelbertError extends Error {
  override readonly name: string = 'RelbertError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(oneLine(message), options?.cause === undefined ? undefined : { cause: options.cause });
  }
}
