/** A command, declared once: its name, what it takes, what its help says, and what it does. */
import type { Flags, Options } from './option.ts';
import type { Terminal } from './terminal.ts';

/** `<pair>` must be given, `[pair]` may be; `<pair...>` and `[pair...]` take all that follow. */
export type Argument = readonly [name: string, help: string];

type ValueOf<A> = A extends readonly [infer N, string]
  ? N extends `${string}...${string}`
    ? readonly string[]
    : N extends `[${string}`
      ? string | undefined
      : string
  : never;

/** The values of the arguments `A`, in their order. */
export type ArgumentValues<A extends readonly Argument[]> = { readonly [I in keyof A]: ValueOf<A[I]> };

/** A command, or a group of commands (`relbert evaluate ...`), with its types erased. */
export type Declaration = CommandDeclaration | CommandGroup;

export interface CommandDeclaration {
  readonly name: string;
  /** A line in the list of commands. */
  readonly summary: string;
  readonly description: string;
  readonly arguments: readonly Argument[];
  readonly options: Options;
  /** Options that are not declared are no error: the command says itself what is wrong. */
  readonly takesAnyOption?: true;
  /** Command lines, from `relbert` on. */
  readonly examples: readonly string[];
  readonly run: (args: readonly never[], flags: never, terminal: Terminal) => Promise<void>;
}

export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly commands: readonly CommandDeclaration[];
}

/** What {@link command} takes; `run` has the types that arguments and options say. */
export interface TypedCommand<A extends readonly Argument[], O extends Options>
  extends Omit<CommandDeclaration, 'arguments' | 'options' | 'run'> {
  readonly arguments?: A;
  readonly options: O;
  readonly run: (args: ArgumentValues<A>, flags: Flags<O>, terminal: Terminal) => Promise<void>;
}

export function command<const A extends readonly Argument[] = readonly [], O extends Options = Options>(
  declared: TypedCommand<A, O>,
): CommandDeclaration {
  return { arguments: [], ...declared } as CommandDeclaration;
}
