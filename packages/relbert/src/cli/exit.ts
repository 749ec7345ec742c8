/** Exit codes, and the errors that carry one. */

export const SUCCESS = 0;
export const FAILURE = 1;
export const WRONG_USAGE = 2;
/** 128 + SIGINT. */
export const INTERRUPTED = 130;
/** 128 + SIGTERM. */
export const TERMINATED = 143;

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The result of a check of what was typed; what it throws is wrong usage. */
export function checkUsage<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw new UsageError(describeError(error), { cause: error });
  }
}

/**
 * Errors of the library that say that an option cannot be: out of range, a pooling that the prompt does not allow. (A
 * PromptContentError has its cause in a file.)
 */
const usageErrors: readonly string[] = [
  'UsageError',
  'OptionError',
  'PoolingError',
  'PromptError',
  'UnknownRelationError',
];

/** Whether the person should change the command line, rather than a file or the machine. By name: nothing is loaded for it. */
export function isWrongUsage(error: unknown): boolean {
  return error instanceof Error && usageErrors.includes(error.name);
}

/** Why everything stops before its end without being a failure of the command: a signal, or a closed pipe. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The message of anything thrown, for a person. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? error.name : error.message;
}

/** True for the kinds of error that only a mistake in this package throws. */
export function isDefect(error: unknown): boolean {
  return error instanceof TypeError || error instanceof ReferenceError || !(error instanceof Error);
}
