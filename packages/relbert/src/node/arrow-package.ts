import type { Arrow } from '../formats/arrow-reader.ts';
import { MissingPackageError } from '../text/missing-package-error.ts';

/** The npm package `apache-arrow`, an optional peer. @throws MissingPackageError */
export async function loadArrow(): Promise<Arrow> {
  try {
    return await import('apache-arrow');
  } catch (cause) {
    throw new MissingPackageError('Arrow', ['apache-arrow@21.2.0'], { cause });
  }
}
