/** `relbert plot ...`: pictures of results, and maps of relation embeddings. */
import { basename, dirname, join, resolve } from 'node:path';
import {
  type CommandGroup,
  choice,
  command,
  type Flags,
  flag,
  fromOne,
  fromZero,
  loadEncoder,
  modelOptions,
  number,
  openOutput,
  outputText,
  type Terminal,
  text,
  UsageError,
  withDefault,
} from 'relbert/cli';
import type { PlotSpec } from '../plot/style.ts';

const pictureOptions = {
  output: outputText('.svg or .png (default: SVG to standard output)'),
  format: choice('<format>', 'where the ending does not say it', ['svg', 'png']),
  title: text('<text>', 'instead of the usual one'),
  scale: withDefault(
    number('<factor>', 'pixels of a PNG for one of the SVG', {
      expected: 'a number from 0.1 to 10',
      holds: (value) => value >= 0.1 && value <= 10,
    }),
    2,
  ),
};
type PictureFlags = Flags<typeof pictureOptions>;

const splitOption = { split: withDefault(text('<split>', 'which questions'), 'test') };
const results = 'what relbert evaluate ... --json printed, or report.json of relbert report';

const accuracyOptions = { ...splitOption, ...pictureOptions };
const accuracy = command({
  name: 'accuracy',
  summary: 'accuracy on each set of analogy questions with its interval',
  description:
    'Accuracy on each set of analogy questions with its 95 % interval, chance, and the best published figure.',
  arguments: [['<results...>', results]],
  options: accuracyOptions,
  examples: [
    'relbert evaluate analogy --data data/u2 data/bats --json > a.json',
    'relbert plot accuracy a.json --output accuracy.png',
  ],
  run: ([files], flags, terminal) => drawAccuracy(files, flags, terminal),
});

const categoryOptions = {
  ...splitOption,
  set: text('<name>', 'this set only'),
  by: withDefault(choice('<what>', 'bars for', ['category', 'relation']), 'category'),
  ...pictureOptions,
};
const categories = command({
  name: 'categories',
  summary: 'accuracy on each category or relation of analogy questions',
  description:
    'Accuracy on each category of analogy questions (encyclopedic, lexical, morphological, semantic), or each relation.',
  arguments: [['<results...>', results]],
  options: categoryOptions,
  examples: ['relbert plot categories a.json b.json --output categories.svg'],
  run: ([files], flags, terminal) => drawCategories(files, flags, terminal),
});

const confusionOptions = {
  set: text('<name>', 'which set, where there are several'),
  model: text('<name>', 'which model, where there are several'),
  features: text('<name>', 'which features, where there are several: word vectors have cat, cat+dot, diff, diff+dot'),
  ...pictureOptions,
};
const confusion = command({
  name: 'confusion',
  summary: 'confusion matrix of lexical relation classification',
  description: 'Which relations are taken for which: counts and their share of the true relation.',
  arguments: [['<results>', results]],
  options: confusionOptions,
  examples: ['relbert plot confusion classification.json --set BLESS --output bless.png'],
  run: ([file], flags, terminal) => drawConfusion(file, flags, terminal),
});

const mapOptions = {
  method: withDefault(choice('<method>', 'principal components, or UMAP', ['pca', 'umap']), 'pca'),
  limit: withDefault(number('<number>', 'of more pairs, so many are drawn by lot', fromOne), 1000),
  seed: withDefault(number('<number>', 'of the lot and of UMAP', fromZero), 0),
  labels: flag('write pairs beside their points, as far as there is room (default: up to 40 pairs)'),
  ...modelOptions,
  ...pictureOptions,
};
const map = command({
  name: 'map',
  summary: 'two-dimensional map of word pairs, coloured by relation',
  description: 'Relation embeddings of the pairs of a file in two dimensions; colour and shape say the relation.',
  arguments: [['<pairs>', '.tsv or .csv: head, tail, perhaps relation; .jsonl; or package/NAME, carried pairs']],
  options: mapOptions,
  examples: ['relbert plot map data/BLESS/test.tsv --method umap --output bless.png'],
  run: ([file], flags, terminal) => drawMap(file, flags, terminal),
});

export const plot: CommandGroup = {
  name: 'plot',
  summary: 'pictures: accuracy, categories, confusion, map',
  description: 'Pictures of results and of relation embeddings, as SVG or PNG.',
  commands: [accuracy, categories, confusion, map],
};

async function drawAccuracy(
  files: readonly string[],
  flags: Flags<typeof accuracyOptions>,
  terminal: Terminal,
): Promise<void> {
  const format = formatOf(flags);
  const { readDrawnModels } = await import('./plot-results.ts');
  const { accuracyPoints } = await import('../report/report-pictures.ts');
  const { readPaperTables } = await import('../report/paper-tables-file.ts');
  const { accuracyPlot } = await import('../plot/accuracy-plot.ts');
  const models = await readDrawnModels(files);
  const paper = await readPaperTables();
  const points = accuracyPoints(models, paper, flags.split);
  if (points.length === 0) throw new Error(noQuestions(files, flags.split));
  const title = flags.title ?? `Accuracy on analogy questions, ${flags.split}`;
  await writePicture(accuracyPlot(points, { title }), format, flags, terminal);
}

async function drawCategories(
  files: readonly string[],
  flags: Flags<typeof categoryOptions>,
  terminal: Terminal,
): Promise<void> {
  const format = formatOf(flags);
  const { readDrawnModels } = await import('./plot-results.ts');
  const { categoryBars, relationBars } = await import('../report/report-pictures.ts');
  const { categoryPlot } = await import('../plot/category-plot.ts');
  const models = await readDrawnModels(files);
  const all = flags.by === 'category' ? categoryBars(models, flags.split) : relationBars(models, flags.split);
  const bars = all.filter(({ set }) => flags.set === undefined || set === flags.set);
  if (bars.length === 0) {
    const sets = [...new Set(all.map(({ set }) => set))];
    if (sets.length === 0) throw new Error(`${noQuestions(files, flags.split)} with a ${flags.by}`);
    throw new UsageError(`there is no set '${flags.set}' with a ${flags.by}; there is ${sets.join(', ')}`);
  }
  const title = flags.title ?? `Accuracy by ${flags.by} of analogy questions, ${flags.split}`;
  await writePicture(categoryPlot(bars, { title }), format, flags, terminal);
}

function noQuestions(files: readonly string[], split: string): string {
  return `${files.join(', ')}: hold${files.length === 1 ? 's' : ''} no result on ${split} analogy questions`;
}

async function drawConfusion(file: string, flags: Flags<typeof confusionOptions>, terminal: Terminal): Promise<void> {
  const format = formatOf(flags);
  const { pickNamed, readDrawnModels } = await import('./plot-results.ts');
  const { confusionPlot } = await import('../plot/confusion-plot.ts');
  const models = (await readDrawnModels([file])).filter(({ classification }) => classification.length > 0);
  if (models.length === 0) throw new Error(`${file}: holds no result of lexical relation classification`);
  const { name, classification } = pickNamed(models, (own) => own.name, flags.model, 'model');
  const { set } = pickNamed(classification, (own) => own.set, flags.set, 'set');
  const ofSet = classification.filter((own) => own.set === set);
  const featuresOf = (own: (typeof ofSet)[number]) => own.features;
  const { features, confusion } = pickNamed(ofSet, featuresOf, flags.features, 'kind of features', {
    plural: 'kinds of features',
    option: 'features',
  });
  const pairs = confusion.counts.flat().reduce((sum, value) => sum + value, 0);
  const title = flags.title ?? `Confusion matrix of ${set} (test, ${pairs.toLocaleString('en-US')} pairs)`;
  const spec = confusionPlot(confusion, { title, subtitle: `${name}; features ${features}` });
  await writePicture(spec, format, flags, terminal);
}

async function drawMap(file: string, flags: Flags<typeof mapOptions>, terminal: Terminal): Promise<void> {
  const format = formatOf(flags);
  const { readMappedPairs } = await import('./plot-pairs.ts');
  const { samplePairs } = await import('../report/evaluate-model.ts');
  const { projectEmbeddings } = await import('../plot/projection.ts');
  const { relationMapPlot } = await import('../plot/relation-map-plot.ts');
  const all = await readMappedPairs(file, terminal.note);
  const pairs = samplePairs(all, flags.limit, flags.seed);
  await using encoder = await loadEncoder(flags, terminal, { worker: true });
  const progress = await terminal.progress('encoding', 'pairs', pairs.length);
  const encoding = encoder.encode(
    pairs.map(({ head, tail }) => ({ head, tail })),
    { signal: terminal.signal, onProgress: ({ done, total }) => progress.update(done, total) },
  );
  const embeddings = await encoding.finally(() => progress.stop());
  const fitting = await terminal.progress('fitting the map', 'epochs');
  const projection = await projectEmbeddings(embeddings, {
    method: flags.method,
    seed: flags.seed,
    signal: terminal.signal,
    onProgress: ({ done, total }) => fitting.update(done, total),
  }).finally(() => fitting.stop());
  const drawn = pairs.length < all.length ? `${pairs.length} of ${all.length} pairs` : `${pairs.length} pairs`;
  const spec = relationMapPlot(pairs, projection, {
    title: flags.title ?? `Relation embeddings of ${join(basename(dirname(resolve(file))), basename(file))}`,
    subtitle: `${flags.model}, ${encoder.info.prompt.text}, ${encoder.info.pooling}; ${drawn}`,
    ...(flags.labels && { labels: true }),
  });
  await writePicture(spec, format, flags, terminal);
}

/** By `--format`, or the ending of the output. @throws UsageError where they contradict each other */
function formatOf({ format, output }: PictureFlags): 'svg' | 'png' {
  const ending = /\.(svg|png)$/i.exec(output ?? '')?.[1]?.toLowerCase();
  if (format) {
    if (ending === undefined || ending === format) return format;
    throw new UsageError(
      `--format ${format} and --output ${output} contradict each other: leave --format out, or end the file in .${format}`,
    );
  }
  if (output === undefined || output === '-') return 'svg';
  if (ending === 'svg' || ending === 'png') return ending;
  throw new UsageError(`--output ${output}: a picture ends in .svg or .png; --format says which where it does not`);
}

async function writePicture(
  spec: PlotSpec,
  format: 'svg' | 'png',
  flags: PictureFlags,
  terminal: Terminal,
): Promise<void> {
  const { plotSvg } = await import('../plot/svg.ts');
  const svg = await plotSvg(spec);
  const content =
    format === 'svg' ? `${svg}\n` : await (await import('../plot/rasterise.ts')).rasterise(svg, flags.scale);
  const output = await openOutput(flags.output, terminal);
  try {
    await output.write(content);
    await output.commit();
  } finally {
    await output.discard();
  }
}
