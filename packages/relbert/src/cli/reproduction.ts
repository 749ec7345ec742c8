/** `relbert report` and `relbert plot`: they live in the package `relbert-reproduction`, which not everybody installs. */
import { command, type Declaration } from './command.ts';

/** Name and summary of the commands that the package adds. */
const summaries = {
  report: 'every experiment of the paper as one page, beside its figures',
  plot: 'pictures: accuracy, categories, confusion, map',
} as const;
const packageName = 'relbert-reproduction';

/** What the package exports. */
interface Reproduction {
  readonly commands: readonly Declaration[];
}

/** A command whose package is not installed. */
class MissingPackageError extends Error {
  override readonly name = 'MissingPackageError';
}

/**
 * The commands of the package `relbert-reproduction`. It is loaded only when one of them is typed; without it the
 * commands say how to get it.
 *
 * @param typed The command that was typed.
 */
export async function reproductionCommands(typed: string | undefined): Promise<readonly Declaration[]> {
  const reproduction = typed !== undefined && typed in summaries ? await loadReproduction() : undefined;
  return reproduction?.commands ?? Object.entries(summaries).map(([name, summary]) => missing(name, summary));
}

function missing(name: string, summary: string): Declaration {
  return command({
    name,
    summary,
    description: `${summary}\n\nThis command needs the package ${packageName}. ${howToGet(name)}`,
    arguments: [['[arguments...]', '']],
    options: {},
    takesAnyOption: true,
    examples: [],
    async run() {
      throw new MissingPackageError(`relbert ${name} needs the package ${packageName}. ${howToGet(name)}`);
    },
  });
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
