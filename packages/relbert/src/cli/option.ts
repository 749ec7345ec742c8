/** The options of a command as data: what stands on the command line, its help, and the type of its value. */
import { InvalidArgumentError } from 'commander';
import { suggestion } from '../text/nearest-name.ts';

/** An option with values of type `T`; `undefined` in `T` where it may be left out. */
export interface Option<T> {
  /** What stands after the flag: `<file>`, `<file...>` for several values, or nothing for a switch. */
  readonly value: string;
  readonly help: string;
  /** Reads one value. @throws InvalidArgumentError that says what is expected */
  readonly parse?: (text: string) => unknown;
  readonly choices?: readonly string[];
  readonly initial?: T;
  readonly required?: true;
  /** A switch that is on: the flag `--no-...` turns it off. */
  readonly negated?: true;
  /** The flag may be given several times; the values are collected. */
  readonly repeated?: true;
  /** The files that the command replaces, where the value names an output: none of them may be a file that it reads. */
  readonly writes?: (value: string) => readonly string[];
  /** Heading in the help, of this option and those after it. */
  readonly heading?: string;
}

/** The options of a command by the name of their flags: `maxLength` is `--max-length`. */
export type Options = Readonly<Record<string, Option<unknown>>>;

type ValueOf<O> = O extends Option<infer T> ? T : never;

/** What the options `O` give to a command; those that are left out have no key. */
export type Flags<O extends Options> = {
  readonly [K in keyof O as undefined extends ValueOf<O[K]> ? never : K]: ValueOf<O[K]>;
} & {
  readonly [K in keyof O as undefined extends ValueOf<O[K]> ? K : never]?: Exclude<ValueOf<O[K]>, undefined>;
};

export function flag(help: string): Option<boolean | undefined> {
  return { value: '', help };
}

/** `--no-...` */
export function negated(help: string): Option<boolean> {
  return { value: '', help, negated: true, initial: true };
}

export function text(value: string, help: string): Option<string | undefined> {
  return { value, help };
}

/** An option's name as it is typed, without the dashes before it: `distinct-words`. */
export function typedName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A file that is written beside the result: the two would mix on standard output. */
export function fileBeside(help: string): Option<string | undefined> {
  const parse = (path: string): string => {
    if (path !== '-') return path;
    throw new InvalidArgumentError('Expected a file: the figures go to standard output.');
  };
  return { value: '<file>', help, parse, writes: (path) => [path] };
}

/** A file that is written; without the option, or with `-`, standard output where the command says so. */
export function outputText(
  help: string,
  writes = (path: string): readonly string[] => [path],
): Option<string | undefined> {
  return { value: '<file>', help, writes };
}

const fileEndings =
  /\.(?:svg|png|jpe?g|gif|webp|pdf|html?|md|txt|tsv|csv|jsonl?|ndjson|npy|npz|parquet|arrow|vec|w2v|bin|onnx|safetensors|pt|gz|zip)$/i;

/** A path as that of a folder. @throws InvalidArgumentError for one with the ending of a file */
export function folderOf(path: string): string {
  const ending = fileEndings.exec(path)?.[0];
  if (ending === undefined) return path;
  throw new InvalidArgumentError(`Expected a folder, which does not end in ${ending}.`);
}

/** A folder that is written. */
export function outputFolder(help: string): Option<string | undefined> {
  return { value: '<dir>', help, parse: folderOf };
}

/** Several values after one flag; `value` ends in `...>`. */
export function list(value: `<${string}...>`, help: string): Option<readonly string[] | undefined> {
  return { value, help };
}

export function choice<const C extends string>(
  value: string,
  help: string,
  choices: readonly C[],
): Option<C | undefined> {
  return { value, help, choices, parse: oneOf(choices) };
}

/** Several of `choices` after one flag. */
export function choiceList<const C extends string>(
  value: `<${string}...>`,
  help: string,
  choices: readonly C[],
): Option<readonly C[] | undefined> {
  return { value, help, parse: oneOf(choices) };
}

function oneOf<C extends string>(choices: readonly C[]): (text: string) => C {
  return (text) => {
    const found = choices.find((name) => name === text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`Expected one of ${choices.join(', ')}${suggestion(text, choices)}.`);
  };
}

/** Which numbers an option takes, and how a message says it. */
export interface NumberRange {
  readonly expected: string;
  readonly holds: (value: number) => boolean;
}

export const fromOne: NumberRange = {
  expected: 'a whole number from 1 upward',
  holds: (value) => Number.isSafeInteger(value) && value >= 1,
};
export const fromZero: NumberRange = {
  expected: 'a whole number from 0 upward',
  holds: (value) => Number.isSafeInteger(value) && value >= 0,
};
export const portNumber: NumberRange = {
  expected: 'a port, a whole number from 0 to 65535',
  holds: (value) => fromZero.holds(value) && value <= 65_535,
};
export const aboveZero: NumberRange = { expected: 'a number above 0', holds: (value) => value > 0 };
export const share: NumberRange = {
  expected: 'a number from 0 to below 1',
  holds: (value) => value >= 0 && value < 1,
};
export const probability: NumberRange = {
  expected: 'a number from 0 to 1',
  holds: (value) => value >= 0 && value <= 1,
};
/** Two cosines are at most 2 apart. */
export const discountRange: NumberRange = {
  expected: 'a number from 0 to 2',
  holds: (value) => value >= 0 && value <= 2,
};
export const anyNumber: NumberRange = { expected: 'a number', holds: () => true };

export function number(value: string, help: string, range: NumberRange): Option<number | undefined> {
  return { value, help, parse: (text) => numberIn(text, range) };
}

/** Several numbers after one flag. */
export function numbers(
  value: `<${string}...>`,
  help: string,
  range: NumberRange,
): Option<readonly number[] | undefined> {
  return { value, help, parse: (text) => numberIn(text, range) };
}

function numberIn(text: string, { expected, holds }: NumberRange): number {
  const parsed = Number(text);
  if (!/^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(text) || !Number.isFinite(parsed) || !holds(parsed)) {
    throw new InvalidArgumentError(`Expected ${expected}.`);
  }
  return parsed;
}

export function required<T>(option: Option<T>): Option<Exclude<T, undefined>> {
  return { ...option, required: true } as Option<Exclude<T, undefined>>;
}

export function withDefault<T>(option: Option<T>, initial: Exclude<T, undefined>): Option<Exclude<T, undefined>> {
  return { ...option, initial } as Option<Exclude<T, undefined>>;
}

export function repeated(option: Option<string | undefined>): Option<readonly string[] | undefined> {
  const { value, help } = option;
  return { value, help, repeated: true };
}

/** The options under a heading of the help. */
export function headed<O extends Options>(heading: string, options: O): O {
  const [first, ...rest] = Object.entries(options);
  return Object.fromEntries(first ? [[first[0], { ...first[1], heading }], ...rest] : []) as unknown as O;
}
