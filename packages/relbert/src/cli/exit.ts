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
  'WhereError',
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

/** The message of anything thrown, for a person; the words of the language's engine are not for persons. */
export function describeError(error: unknown): string {
  if (error instanceof RangeError && /allocation failed|Invalid string length/.test(error.message)) {
    return 'the memory is not enough for this: give less at a time, or use a machine with more';
  }
  if (isDefect(error)) return 'relbert failed inside; please report this (RELBERT_DEBUG=1 shows where it arose)';
  const { name, message } = error as Error;
  // The library names its option, the command its flag.
  if (name === 'WhereError') return `--${message}`;
  return message === '' ? name : message;
}

/** What the engine and Node say of a wrong offset, length or depth; relbert's messages say what is wrong with the data. */
const engineRange =
  /^(Invalid |offset is out|start offset |byte length |Offset is outside|Maximum call stack|Array buffer |The value of )/;

/** True for the kinds of error that only a mistake in this package throws. */
export function isDefect(error: unknown): boolean {
  if (error instanceof RangeError) return engineRange.test(error.message);
  return error instanceof TypeError || error instanceof ReferenceError || !(error instanceof Error);
}
