/** `relbert report`: every evaluation that the data allow, as one page beside the published figures. */

import { join } from 'node:path';
import { nodeRuntime } from 'relbert';
import {
  choiceList,
  command,
  describeMachine,
  describeVersions,
  duration,
  type Flags,
  flag,
  fromZero,
  kindOfPath,
  list,
  lockFolder,
  type ModelFlags,
  modelOptions,
  number,
  QueuedBar,
  readText,
  required,
  severalModels,
  type Terminal,
  text,
  UsageError,
  withDefault,
  writeFilesTogether,
} from 'relbert/cli';
import type { Evaluation, ReportEvent } from '../report/evaluate-model.ts';
import type { PaperTables } from '../report/paper-tables.ts';
import type { ReportData } from '../report/report-data.ts';
import type { Report, ReportModel } from '../report/report-file.ts';
import type { PlannedModel } from './report-models.ts';

/** For help, which loads nothing; a test compares it with the library's list. */
export const evaluationNames: readonly Evaluation[] = ['analogy', 'classification', 'mapping', 'neighbours', 'map'];

const PAGE = 'index.html';
const FIGURES = 'report.json';
const MARKDOWN = 'report.md';
const CANDIDATES = 'neighbour-candidates.tsv';

const options = {
  data: text(
    '<folder>',
    'analogy/SET/{valid,test}.jsonl, lexical_relation/SET/{train,val,test}.tsv, relation_mapping/*.jsonl, scan/*.csv',
  ),
  output: required(text('<folder>', `where to write ${PAGE}, ${FIGURES} and ${MARKDOWN}; created where missing`)),
  ...modelOptions,
  model: severalModels,
  models: text('<file>', 'a JSON list of models: {"name","model","template","pooling","group","made","comparedTo"}'),
  from: list(
    '<file...>',
    `take over the models of earlier reports (${FIGURES}); of those of the same name only what is missing is measured`,
  ),
  only: choiceList('<evaluations...>', `only these: ${evaluationNames.join(', ')}`, evaluationNames),
  sets: list('<names...>', 'only these sets'),
  among: text('<file>', "pairs to search the paper's neighbours among (default: the package's training pairs)"),
  grid: flag("search the classifier's settings on the validation pairs, as the paper did: nine times the work"),
  seed: withDefault(number('<number>', 'of intervals, classifiers and samples', fromZero), 0),
  overwrite: flag('replace a report that stands there'),
};
type ReportFlags = Flags<typeof options>;

export const report = command({
  name: 'report',
  summary: 'all evaluations of the paper as one page, beside the published figures',
  description:
    "Runs every evaluation of the paper that the data allow and writes one HTML page that needs nothing else, its figures as JSON, and the same tables as Markdown: the paper's tables with these models as further rows, the difference to the best published figure, machine, versions, seeds and times, and the command that repeats each figure.",
  options,
  examples: [
    'relbert report --data data --output report',
    'relbert report --model ./mine --data data --sets u2 google EVALution --output report',
    'relbert report --from monday/report.json tuesday/report.json --output both',
  ],
  run: (_, flags, terminal) => writeReport(flags, terminal),
});

async function writeReport(flags: ReportFlags, terminal: Terminal): Promise<void> {
  const { readPaperTables } = await import('../report/paper-tables-file.ts');
  const { parseReport } = await import('../report/report-file.ts');
  const paper = await readPaperTables();
  await requireFreeFolder(flags);
  // Now, not after minutes of work.
  await using _lock = await lockFolder(flags.output);
  const earlier: Report[] = [];
  for (const file of flags.from ?? []) earlier.push(parseReport({ file, text: await readText(file) }));
  const planned = await planModels(flags, earlier);
  const output = new ReportFolder(flags, paper, earlier, terminal);
  const earlierModels = new Map(earlier.flatMap((report) => report.models.map((model) => [model.name, model])));
  if (flags.data === undefined && planned.every(({ name }) => earlierModels.has(name))) {
    return output.write([], undefined, []);
  }
  if (flags.data === undefined) throw new UsageError('--data is missing: the folder with the evaluation data');
  if (planned.length === 0) {
    throw new UsageError(
      '--data is for models that are measured: name them by --model or --models, or leave --data out',
    );
  }
  const { readReportData } = await import('./report-data.ts');
  const { data, skipped } = await readReportData(
    flags.data,
    {
      only: flags.only,
      sets: flags.sets,
      among: flags.among,
      candidatesPath: join(flags.output, CANDIDATES),
      paper,
    },
    terminal,
  );
  // Whether the earlier figures are of the same data is known before hours of work.
  await output.joined([], data, skipped);
  const { notYetMeasured } = await import('../report/earlier-figures.ts');
  const models: ReportModel[] = [];
  for (const model of planned) {
    const before = earlierModels.get(model.name);
    const rest = before ? notYetMeasured(data, before) : data;
    if (rest) models.push(await judge(model, before, rest, flags, terminal));
    else if (before) {
      const missing = await requireEarlierWeights(model, before, terminal);
      const unchecked = missing === undefined ? '' : `; ${missing} is not here, so the weights were not compared`;
      terminal.note(`${model.name}: taken over from the earlier report${unchecked}`);
    }
    // What is measured is kept, whatever becomes of the next model.
    await output.write(models, data, skipped);
  }
}

/**
 * A model of the same name may have been trained again since. Its figures outlive it: gives the model or prompt that is
 * not on this machine.
 */
async function requireEarlierWeights(
  { choice }: PlannedModel,
  before: ReportModel,
  terminal: Terminal,
): Promise<string | undefined> {
  if (before.encoder?.hash === undefined) return undefined;
  const { hashOf, missingPart } = await import('./report-subject.ts');
  const missing = await missingPart(choice, terminal);
  if (missing !== undefined) return missing;
  const { requireSameWeights } = await import('../report/earlier-figures.ts');
  requireSameWeights(before, await hashOf(choice, terminal));
  return undefined;
}

async function planModels(flags: ReportFlags, earlier: readonly Report[]): Promise<PlannedModel[]> {
  const { plannedModels, readPlannedModels } = await import('./report-models.ts');
  const named = flags.model ?? (flags.models === undefined && earlier.length === 0 ? ['embedded'] : []);
  const common: ModelFlags = { ...flags, model: '' };
  const models = [
    ...plannedModels(named, common),
    ...(flags.models === undefined ? [] : await readPlannedModels(flags.models, common)),
  ];
  const twice = models.find(({ name }, i) => models.findIndex((other) => other.name === name) < i);
  if (twice) throw new UsageError(`two models have the name '${twice.name}': name them apart in a file for --models`);
  return models;
}

async function requireFreeFolder({ output, overwrite }: ReportFlags): Promise<void> {
  for (const name of [PAGE, FIGURES, MARKDOWN]) {
    const file = join(output, name);
    if (!overwrite && (await kindOfPath(file)) !== undefined) {
      throw new Error(`${file}: exists already; --overwrite replaces it, or choose another --output`);
    }
  }
}

/** Runs the evaluations of one model on data that `earlier` has no figures of, and joins the two. */
async function judge(
  { name, group, made, comparedTo, choice }: PlannedModel,
  earlier: ReportModel | undefined,
  data: ReportData,
  flags: ReportFlags,
  terminal: Terminal,
): Promise<ReportModel> {
  const { evaluateModel } = await import('../report/evaluate-model.ts');
  const { requireMeasuredAlike, withEarlier } = await import('../report/earlier-figures.ts');
  const { openSubject } = await import('./report-subject.ts');
  const started = new Date();
  terminal.note(`${name}`);
  await using open = await openSubject(choice, { ...flags, model: choice.model }, terminal);
  const search = flags.grid ? 'grid' : 'default';
  if (earlier) {
    const classifies = data.classification.length > 0;
    const now = { encoder: open.encoder, seed: flags.seed, search: classifies ? search : undefined } as const;
    requireMeasuredAlike(earlier, now);
  }
  await using runtime = nodeRuntime({ device: flags.device });
  await using display = new EvaluationDisplay(terminal);
  const figures = await evaluateModel(open.subject, data, runtime, {
    seed: flags.seed,
    search,
    signal: terminal.signal,
    onProgress: (event) => display.show(event),
  });
  const now: ReportModel = {
    ...{ name, group, model: choice.model, made, comparedTo },
    encoder: open.encoder,
    run: {
      started: started.toISOString(),
      seconds: Math.round((Date.now() - started.getTime()) / 100) / 10,
      seed: flags.seed,
      threads: flags.threads ?? null,
      machine: describeMachine(),
      versions: describeVersions(),
    },
    missingWords: open.missing.size,
    ...figures,
  };
  return earlier ? withEarlier(earlier, now) : now;
}

/** Progress bars of what is long, and a line for what is done. */
class EvaluationDisplay implements AsyncDisposable {
  readonly #terminal: Terminal;
  readonly #bar: QueuedBar;
  #started = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#bar = new QueuedBar(terminal);
  }

  show(event: ReportEvent): void {
    switch (event.kind) {
      case 'begin':
        this.#started = performance.now();
        break;
      case 'training':
      case 'mapping': {
        const { done, total, kind, set } = event;
        const [label, unit] = kind === 'training' ? [`classifying ${set}`, 'epochs'] : [`mapping ${set}`, 'problems'];
        this.#bar.show(label, unit, done, total);
        break;
      }
      case 'end': {
        void this.#bar.stop();
        const what = event.set === undefined ? event.evaluation : `${event.evaluation} ${event.set}`;
        this.#terminal.note(`  ${what}: ${event.figure} (${duration((performance.now() - this.#started) / 1000)})`);
      }
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#bar.stop();
  }
}

/** The folder that the report is written to, again after each model. */
class ReportFolder {
  readonly #flags: ReportFlags;
  readonly #paper: PaperTables;
  readonly #earlier: readonly Report[];
  readonly #terminal: Terminal;
  #announced = false;

  constructor(flags: ReportFlags, paper: PaperTables, earlier: readonly Report[], terminal: Terminal) {
    this.#flags = flags;
    this.#paper = paper;
    this.#earlier = earlier;
    this.#terminal = terminal;
  }

  /** The earlier reports and what is measured now. @throws ReportError where they are of different data */
  async joined(models: readonly ReportModel[], data: ReportData | undefined, skipped: readonly string[]) {
    const { mergeReports } = await import('../report/report-file.ts');
    const { summarizeData } = await import('../report/report-data.ts');
    const created = new Date().toISOString();
    const command = typedCommand();
    // A model that an earlier report holds in part stays at its place.
    const completed = new Map(models.map((model) => [model.name, model]));
    const earlier = this.#earlier.map((report) => ({
      ...report,
      models: report.models.map((model) => completed.get(model.name) ?? model),
    }));
    const there = new Set(earlier.flatMap((report) => report.models.map(({ name }) => name)));
    const own: Report[] = data
      ? [
          {
            ...{ format: 'relbert-report', version: 1, created, command, skipped: [...skipped] },
            data: summarizeData(data),
            models: models.filter(({ name }) => !there.has(name)),
          },
        ]
      : [];
    return mergeReports([...earlier, ...own], command, created);
  }

  async write(models: readonly ReportModel[], data: ReportData | undefined, skipped: readonly string[]): Promise<void> {
    const { reportHtml } = await import('../report/html.ts');
    const { reportMarkdown } = await import('../report/markdown.ts');
    const { reportPictures } = await import('../report/report-pictures.ts');
    const { paperComparison } = await import('../report/paper-comparison.ts');
    const { measuredTables } = await import('../report/measured-tables.ts');
    const report = await this.joined(models, data, skipped);
    const tables = [...measuredTables(report), ...paperComparison(this.#paper, report)];
    const pictures = await reportPictures(report, this.#paper);
    const { output } = this.#flags;
    const candidates = data?.neighbours?.path === join(output, CANDIDATES) ? data.neighbours.candidates : undefined;
    await writeFilesTogether(
      [
        ...(candidates
          ? [
              {
                path: join(output, CANDIDATES),
                content: candidates.map(({ head, tail }) => `${head}\t${tail}\n`).join(''),
              },
            ]
          : []),
        { path: join(output, FIGURES), content: `${JSON.stringify({ ...report, tables }, null, 1)}\n` },
        { path: join(output, MARKDOWN), content: reportMarkdown(report, this.#paper) },
        { path: join(output, PAGE), content: reportHtml(report, this.#paper, pictures) },
      ],
      { signal: this.#terminal.signal },
    );
    if (!this.#announced) await this.#terminal.print(join(output, PAGE));
    this.#announced = true;
  }
}

/** The command as it was typed. */
function typedCommand(): string {
  const words = process.argv
    .slice(2)
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
  return ['relbert', ...words].join(' ');
}
