import { RelbertError } from './relbert-error.ts';

/**
 * A package that not everybody installs is not there. The import stays at its call, awaited in a `try`: bundlers let
 * a package be missing only where they see that.
 */
export class MissingPackageError extends RelbertError {
  override readonly name = 'MissingPackageError';
  /** As `npm install` takes them: `pg@8.23.1`. */
  readonly packages: readonly string[];

  /**
   * @param user What needs the packages: "Arrow".
   * @param options.howToGet Default: `npm install` of the packages.
   */
  constructor(
    user: string,
    packages: readonly string[],
    options: { readonly cause?: unknown; readonly howToGet?: string } = {},
  ) {
    const names = packages.map((each) => each.replace(/(?<=.)@.*$/, '')).join(' and ');
    const { howToGet = `install beside relbert: npm install ${packages.join(' ')}`, cause } = options;
    super(`${user} needs the package${packages.length > 1 ? 's' : ''} ${names}; ${howToGet}`, { cause });
    this.packages = packages;
  }
}
