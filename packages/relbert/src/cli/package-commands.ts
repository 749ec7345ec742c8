/** Commands that live in packages of their own, which not everybody installs. */
import { MissingPackageError } from '../text/missing-package-error.ts';
import { command, type Declaration } from './command.ts';

interface CommandPackage {
  readonly name: string;
  /** Name and summary of each command that the package adds. */
  readonly summaries: Readonly<Record<string, string>>;
  readonly howToGet: (command: string) => string;
}

const fromRegistry = (name: string) => (): string => `install it beside relbert: npm install ${name}`;

const packages: readonly CommandPackage[] = [
  {
    name: 'relbert-reproduction',
    summaries: {
      report: 'every experiment of the paper as one page, beside its figures',
      plot: 'pictures: accuracy, categories, confusion, map',
    },
    howToGet: (command) =>
      `it is a part of relbert's repository and is not on the registry: in a checkout, run 'npm ci' and then 'npx relbert ${command}'.`,
  },
  {
    name: 'relbert-playground',
    summaries: { playground: 'a web page to explore word relations, for the class room and for yourself' },
    howToGet: fromRegistry('relbert-playground'),
  },
  {
    name: 'relbert-server',
    summaries: { serve: 'answer over HTTP: embed, similarity, analogy, neighbours, mine, mapping, classify' },
    howToGet: fromRegistry('relbert-server'),
  },
];

function adds({ summaries }: CommandPackage, typed: string | undefined): boolean {
  return typed !== undefined && Object.hasOwn(summaries, typed);
}

/** Whether a command comes from a package of its own. */
export function isPackageCommand(typed: string | undefined): boolean {
  return packages.some((each) => adds(each, typed));
}

/**
 * The commands of these packages. A package is loaded only when one of its commands is typed; where it is missing the
 * commands say how to get it.
 *
 * @param typed The command that was typed.
 */
export async function packageCommands(typed: string | undefined): Promise<readonly Declaration[]> {
  const found = packages.map(async (each) => {
    const loaded = adds(each, typed) ? await loadCommands(each.name) : undefined;
    return loaded ?? Object.entries(each.summaries).map(([name, summary]) => missing(each, name, summary));
  });
  return (await Promise.all(found)).flat();
}

function missing({ name: packageName, howToGet }: CommandPackage, name: string, summary: string): Declaration {
  return command({
    name,
    summary,
    description: `${summary}\n\nThis command needs the package ${packageName}; ${howToGet(name)}`,
    arguments: [['[arguments...]', '']],
    options: {},
    takesAnyOption: true,
    examples: [],
    async run() {
      throw new MissingPackageError(`relbert ${name}`, [packageName], { howToGet: howToGet(name) });
    },
  });
}

/** What the package exports as `commands`; undefined where it is not installed. */
async function loadCommands(packageName: string): Promise<readonly Declaration[] | undefined> {
  try {
    // A name in a variable: compilers and bundlers leave an import of a package that may be missing alone.
    return ((await import(packageName)) as { readonly commands: readonly Declaration[] }).commands;
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    // Only the package itself may be missing: a part of it that cannot be loaded is an error to show.
    if (code === 'ERR_MODULE_NOT_FOUND' && String(error).includes(`'${packageName}'`)) return undefined;
    throw error;
  }
}
