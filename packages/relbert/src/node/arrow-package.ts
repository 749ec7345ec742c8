import type { Arrow } from '../formats/arrow-reader.ts';

/** The npm package `apache-arrow` is not installed. */
export class ArrowMissingError extends Error {
  override readonly name = 'ArrowMissingError';
}

/** The npm package `apache-arrow`, an optional peer. @throws ArrowMissingError, which says how to install it */
export async function loadArrow(): Promise<Arrow> {
  try {
    return await import('apache-arrow');
  } catch (cause) {
    throw new ArrowMissingError('Arrow needs a package beside relbert: npm install apache-arrow@21.2.0', { cause });
  }
}
