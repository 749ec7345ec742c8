/** @file Files that a command line names twice: an output that would replace an input, data that would count twice. */
import { UsageError } from './exit.ts';
import { type Options, typedName } from './option.ts';

/** @throws UsageError where an option `writes` a file that an argument or another option names */
export async function refuseReplacedInputs(
  args: readonly unknown[],
  flags: Readonly<Record<string, unknown>>,
  options: Options,
): Promise<void> {
  for (const [name, { writes }] of Object.entries(options)) {
    const output = flags[name];
    if (!writes || typeof output !== 'string') continue;
    const others = Object.entries(flags).filter(([other]) => other !== name);
    const inputs = [
      ...others.flatMap(([other, value]) => texts(value).map((path) => ({ path, from: `--${typedName(other)}` }))),
      ...texts(args).map((path) => ({ path, from: 'the command' })),
    ];
    await refuseReplacing(`--${typedName(name)} ${output}`, writes(output), inputs);
  }
}

interface Input {
  readonly path: string;
  /** What reads it, for the message. */
  readonly from: string;
}

/**
 * @param output As it was typed, for the message
 * @throws UsageError where a file that is written is one that is read
 */
export async function refuseReplacing(
  output: string,
  written: readonly string[],
  inputs: readonly Input[],
): Promise<void> {
  const { fileIdentity } = await import('../node/read-file.ts');
  for (const path of written) {
    const identity = await fileIdentity(path);
    if (identity === undefined) continue;
    for (const input of inputs) {
      if ((await fileIdentity(input.path)) !== identity) continue;
      throw new UsageError(`${output}: would replace ${input.path}, which ${input.from} reads: name another file`);
    }
  }
}

/** @throws UsageError where two sets of data are the same file */
export async function refuseRepeated(sets: readonly { readonly path: string }[]): Promise<void> {
  const { fileIdentity } = await import('../node/read-file.ts');
  const seen = new Set<string>();
  for (const { path } of sets) {
    const identity = await fileIdentity(path);
    if (identity !== undefined && seen.has(identity)) {
      throw new UsageError(`--data: ${path} is given twice and would count twice: leave one out`);
    }
    if (identity !== undefined) seen.add(identity);
  }
}

/** The texts of a value; of `vectors:FILE` the file. */
function texts(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(texts);
  return typeof value === 'string' ? [value.replace(/^vectors:/, '')] : [];
}
