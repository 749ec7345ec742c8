/** Declared commands as a program of the library that parses command lines. */
import { type Command, Option as ProgramOption } from 'commander';
import type { CommandDeclaration, Declaration } from './command.ts';
import { refuseReplacedInputs } from './named-twice.ts';
import { type Option, typedName } from './option.ts';
import type { Terminal } from './terminal.ts';

/** Adds a command, or a group of them, with help, options and action. */
export function addDeclared(program: Command, declared: Declaration, terminal: Terminal): void {
  const { name, summary, description } = declared;
  const added = program.command(name).summary(summary).description(description);
  if ('commands' in declared) for (const command of declared.commands) addDeclared(added, command, terminal);
  else complete(added, declared, terminal);
}

function complete(added: Command, declared: CommandDeclaration, terminal: Terminal): void {
  if (declared.takesAnyOption) added.allowUnknownOption();
  for (const [name, help] of declared.arguments) added.argument(name, help);
  for (const [name, option] of Object.entries(declared.options)) {
    if (option.heading !== undefined) added.optionsGroup(option.heading);
    added.addOption(programOption(name, option));
  }
  const { examples } = declared;
  const title = examples.length > 1 ? 'Examples' : 'Example';
  if (examples.length > 0)
    added.addHelpText('after', `\n${title}:\n${examples.map((line) => `  $ ${line}`).join('\n')}`);
  const run = declared.run as (args: readonly unknown[], flags: object, terminal: Terminal) => Promise<void>;
  added.action(async (...values: readonly unknown[]) => {
    const args = values.slice(0, declared.arguments.length);
    const flags: Readonly<Record<string, unknown>> = added.opts();
    // Here, not by the library: it would not name the mistyped option that is why this one is missing.
    const missing = Object.entries(declared.options).find(
      ([key, { required }]) => required && flags[key] === undefined,
    );
    if (missing) added.error(`error: required option '${flagsOf(...missing)}' not specified`);
    await refuseReplacedInputs(args, flags, declared.options);
    return run(args, flags, terminal);
  });
}

/** As the help has it: `--pairs <file>`. */
function flagsOf(name: string, { value, negated }: Option<unknown>): string {
  return `--${negated ? 'no-' : ''}${typedName(name)} ${value}`.trimEnd();
}

function programOption(name: string, option: Option<unknown>): ProgramOption {
  const { help, value, parse, choices, initial, negated, repeated } = option;
  const added = new ProgramOption(flagsOf(name, option), help);
  if (choices) added.choices(choices);
  // A switch that is on is so without a word in the help.
  if (initial !== undefined && !negated) added.default(initial);
  const read = parse ?? ((text: string) => text);
  if (repeated || (parse && value.endsWith('...>'))) {
    const given = (before: unknown): readonly unknown[] =>
      before === undefined || before === initial ? [] : (before as readonly unknown[]);
    added.argParser((text: string, before: unknown) => [...given(before), read(text)]);
  } else if (parse) added.argParser((text: string) => parse(text));
  return added;
}
