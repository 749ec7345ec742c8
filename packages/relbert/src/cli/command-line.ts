/** The program: its commands, and what becomes of an error, a signal and a closed pipe. */
import { Command, CommanderError, type OutputConfiguration } from 'commander';
import { packageVersion } from '../node/package.ts';
import { visibleResult } from '../text/visible.ts';
import type { CommandIo, TextStream } from './command-io.ts';
import { commands } from './commands.ts';
import { describeError, FAILURE, isWrongUsage, Stopped, SUCCESS, WRONG_USAGE } from './exit.ts';
import { packageCommands } from './package-commands.ts';
import { addDeclared } from './program.ts';
import { createTerminal, type Terminal } from './terminal.ts';
import { describeTooLong, isPromptTooLong } from './too-long.ts';

/** The `relbert` program with the command that is wanted; with all of them where none has this name. */
async function createProgram(terminal: Terminal, io: CommandIo, wanted: string | undefined): Promise<Command> {
  const program = new Command('relbert');
  program
    // Before any subcommand is made: subcommands inherit it.
    .exitOverride()
    .configureOutput(helpOutput(io))
    .description('Relation embeddings of word pairs from pretrained language models.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command...]', 'show help for a command')
    .configureHelp({ showGlobalOptions: false })
    .addHelpText(
      'after',
      `
Examples:
  $ relbert analogy word:language paint:portrait poetry:rhythm note:music
  $ relbert embed Tokyo:Japan Paris:France
  $ relbert help embed

Results go to standard output, everything else to standard error.
Exit code: 0 success, 1 failure, 2 wrong usage, 130 interrupted. RELBERT_DEBUG=1 shows where an error arose.`,
    );
  const all = [...commands, ...(await packageCommands(wanted))];
  const named = all.filter(({ name }) => name === wanted);
  for (const declared of named.length > 0 ? named : all) addDeclared(program, declared, terminal);
  pointToHelp(program, program.name());
  return program;
}

/** After an "unknown option" that looks like a pair. */
const dashedPair =
  "A pair that starts with '-' goes after '--', and options before that: relbert similarity -- -5:a b:c";

/** Where help and complaints about the command line go. */
function helpOutput({ stdout, stderr }: CommandIo): OutputConfiguration {
  const columns = (stream: TextStream) => () => (stream.isTTY ? (stream.columns ?? 80) : 80);
  return {
    writeOut: (text) => stdout.write(text),
    writeErr: (text) => stderr.write(visibleResult(text)),
    outputError: (text, write) => write(text.replace(/^error: unknown option '-.*:.*'/, `$&. ${dashedPair}`)),
    getOutHelpWidth: columns(stdout),
    getErrHelpWidth: columns(stderr),
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  };
}

/** After an error each command points to its own help. */
function pointToHelp(command: Command, path: string): void {
  command.showHelpAfterError(`(${path} --help shows how)`);
  for (const subcommand of command.commands) pointToHelp(subcommand, `${path} ${subcommand.name()}`);
}

/**
 * How long a command may take to end after a signal, in milliseconds: one that trains writes a checkpoint first, which
 * is more than a gigabyte for a base model, and a server answers what it has taken.
 */
export function graceOf(command: string | undefined): number {
  return command === 'distill' || command === 'prompt' || command === 'serve' ? 120_000 : 5000;
}

/**
 * `help index build` as `index build --help`: the library's help command looks at the first name alone. Where there is no
 * command of a name, the names up to it: the complaint names it, with the nearest one.
 */
function askedForHelp(args: readonly string[], program: Command): readonly string[] {
  const [help, ...names] = args;
  if (help !== 'help' || names.length === 0) return args;
  let command = program;
  for (const [i, name] of names.entries()) {
    if (command.commands.length === 0) break;
    const next = command.commands.find((known) => known.name() === name);
    if (!next) return names.slice(0, i + 1);
    command = next;
  }
  return [...names, '--help'];
}

/** Runs one command line (without `node` and the script) to its end and returns the exit code. */
export async function runCommandLine(args: readonly string[], io: CommandIo): Promise<number> {
  const terminal = createTerminal(io);
  let command: Command | undefined;
  try {
    const program = (await createProgram(terminal, io, args[0] === 'help' ? args[1] : args[0])).hook(
      'preAction',
      (_, action) => {
        command = action;
      },
    );
    await program.parseAsync(askedForHelp(args, program), { from: 'user' });
    await pendingEvents();
    terminal.signal.throwIfAborted();
    return SUCCESS;
  } catch (error) {
    await pendingEvents();
    const stopped = terminal.signal.aborted && !(error instanceof Stopped);
    return report(stopped ? terminal.signal.reason : error, terminal, command);
  }
}

/** A standard output that took nothing says so after the write: help goes out without waiting for it. */
function pendingEvents(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Says what went wrong and gives the exit code for it. */
function report(error: unknown, terminal: Terminal, command: Command | undefined): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? SUCCESS : WRONG_USAGE; // it has spoken itself
  if (error instanceof Stopped) {
    if (error.exitCode !== SUCCESS) terminal.note(error.message);
    return error.exitCode;
  }
  terminal.error(isPromptTooLong(error) ? describeTooLong(error, command) : describeError(error));
  const debug = terminal.env['RELBERT_DEBUG'];
  if (debug !== undefined && debug !== '' && debug !== '0') {
    if (error instanceof Error) for (const line of error.stack?.split('\n') ?? []) terminal.note(line);
  }
  return isWrongUsage(error) ? WRONG_USAGE : FAILURE;
}
