/** `relbert report` and `relbert plot`: they live in the package `relbert-reproduction`, which not everybody installs. */
import type { Command } from 'commander';
import type { Terminal } from './terminal.ts';

/** Name and summary of the commands that the package adds. */
const summaries = {
  report: 'every experiment of the paper as one page, beside its figures',
  plot: 'pictures: accuracy, categories, confusion, map',
} as const;
const packageName = 'relbert-reproduction';

/** What the package exports. */
interface Reproduction {
  readonly addReportCommand: (program: Command, terminal: Terminal) => void;
  readonly addPlotCommand: (program: Command, terminal: Terminal) => void;
}

/** A command whose package is not installed. */
class MissingPackageError extends Error {
  override readonly name = 'MissingPackageError';
}

/**
 * Adds the commands of the package `relbert-reproduction`. The package is loaded only when one of them is asked for;
 * without it the commands say how to get it.
 *
 * @param wanted The command that was typed.
 */
export async function addReproductionCommands(
  program: Command,
  terminal: Terminal,
  wanted: string | undefined,
): Promise<void> {
  if (wanted === 'report' || wanted === 'plot') {
    const reproduction = await loadReproduction();
    if (reproduction) {
      reproduction.addReportCommand(program, terminal);
      reproduction.addPlotCommand(program, terminal);
      return;
    }
  }
  for (const [name, summary] of Object.entries(summaries)) {
    program
      .command(name)
      .summary(summary)
      .description(`${summary}\n\nThis command needs the package ${packageName}. ${howToGet(name)}`)
      .argument('[arguments...]')
      .allowUnknownOption()
      .action(() => {
        throw new MissingPackageError(`relbert ${name} needs the package ${packageName}. ${howToGet(name)}`);
      });
  }
}

function howToGet(name: string): string {
  return `It is a part of relbert's repository and is not on the registry: in a checkout, run 'npm ci' and then 'npx relbert ${name}'.`;
}

async function loadReproduction(): Promise<Reproduction | undefined> {
  try {
    // A name in a variable: compilers and bundlers leave an import of a package that may be missing alone.
    const name: string = packageName;
    return (await import(name)) as Reproduction;
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    // Only the package itself may be missing: a part of it that cannot be loaded is an error to show.
    if (code === 'ERR_MODULE_NOT_FOUND' && String(error).includes(`'${packageName}'`)) return undefined;
    throw error;
  }
}
