/** What `npm run reproduce` runs: the commands of models.json, where this machine has things. */

/** A model of models.json. */
export interface Entry {
  readonly name: string;
  readonly group?: string;
  readonly model: string;
  readonly prompt?: string;
  readonly template?: string;
  readonly pooling?: string;
  readonly comparedTo?: string;
  /** Commands joined by `&&`. */
  readonly made?: string;
}

export interface Places {
  readonly languageModel: string;
  /** The folder with analogy/, lexical_relation/ … */
  readonly data: string;
  readonly runs: string;
}

/** The entry with the places of this machine instead of those of models.json. */
export function placed(entry: Entry, { languageModel, data, runs }: Places): Entry {
  const moved = (text: string) =>
    text
      .replaceAll('../shared/models/all-MiniLM-L6-v2', languageModel)
      .replaceAll('../shared/data', data)
      .replace(/(^|[\s'])runs\//g, `$1${runs}/`);
  return Object.fromEntries(
    Object.entries(entry).map(([key, value]) => [
      key,
      key === 'model' || key === 'prompt' || key === 'made' ? moved(value) : value,
    ]),
  ) as unknown as Entry;
}

export interface PlannedCommand {
  /** After `relbert`. */
  readonly args: readonly string[];
  /** The folder that it writes. */
  readonly output: string;
}

/** The commands of an entry; of a trial with a step or an iteration each. */
export function commandsOf(made: string, trial: boolean): PlannedCommand[] {
  if (made === '') return [];
  return made.split(' && ').map((command) => {
    const [program, ...args] = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
    const output = args[args.indexOf('--output') + 1];
    if (program !== 'relbert' || !args.includes('--output') || output === undefined) {
      throw new Error(`models.json: "${command}" should be a relbert command with --output`);
    }
    return { args: trial ? shortened(args as string[]) : (args as string[]), output };
  });
}

function shortened(args: readonly string[]): string[] {
  const iterations = args.indexOf('--iterations');
  if (iterations >= 0) return args.with(iterations + 1, '1');
  return [...args, '--steps', '1'];
}

/** The paper's recipe on MPNet, with the template that is best on validation questions. */
export function onMpnet(
  entries: readonly Entry[],
  accuracy: (model: string) => number,
  { mpnet, runs }: { readonly mpnet: string; readonly runs: string },
): Entry {
  const templates = entries.flatMap(({ made, model }) => {
    const template = /--recipe emnlp2021 --template (\w) --output/.exec(made ?? '')?.[1];
    return template === undefined ? [] : [{ template, accuracy: accuracy(model) }];
  });
  if (templates.length === 0) throw new Error('--mpnet needs the models of the templates: leave --only out');
  const best = templates.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
  const model = `${runs}/paper-mpnet-${best.template}`;
  return {
    name: `paper's recipe on MPNet, template ${best.template}`,
    group: 'fine-tuned, larger language model',
    model,
    made: `relbert distill --model ${mpnet} --recipe emnlp2021 --template ${best.template} --output ${model}`,
  };
}
