/** The tables that the paper does not have: the models, every figure with the command that repeats it, the machine. */
import { sharedWordMeans } from 'relbert/evaluate';
import type { AnalogyFigures, Report, ReportModel } from './report-file.ts';
import type { ReportCell, ReportRow, ReportTable } from './report-table.ts';

export function measuredTables(report: Report): ReportTable[] {
  const makers = [
    ...[modelTable, analogyTable, sharedWordTable, classificationTable, classTable, mappingTable],
    ...[neighbourTable, mapTable, runTable],
  ];
  const tables = makers.map((make) => make(report));
  return tables.filter(({ rows }) => rows.length > 0);
}

function table(
  id: string,
  title: string,
  metric: string,
  label: string,
  columns: readonly string[],
  rows: readonly (readonly [label: string, ...cells: ReportCell[]])[],
  notes: readonly string[] = [],
): ReportTable {
  const own = rows.map(([name, ...cells]): ReportRow => ({ label: name, origin: 'measured', cells }));
  return { id, section: undefined, title, metric, label, columns, rows: own, notes };
}

const text = (value: string | null): ReportCell => ({ value });
const code = (value: string | null): ReportCell => ({ value, code: true });
const whole = (value: number): ReportCell => ({ value, digits: 0 });
const percent = (fraction: number | null): ReportCell => ({ value: fraction === null ? null : 100 * fraction });

function modelTable({ models }: Report): ReportTable {
  const rows = models.map((model): readonly [string, ...ReportCell[]] => {
    const { name, group, encoder, made } = model;
    const details = encoder
      ? [
          text(`${encoder.architecture}, ${encoder.layers} × ${encoder.hiddenSize}`),
          { value: encoder.parameters / 1e6 },
          text(`${encoder.prompt.text}${encoder.prompt.kind === 'template' ? '' : ` [${encoder.prompt.kind}]`}`),
          text(`${encoder.pooling}${discountText(encoder.sharedWordDiscount)}`),
          whole(encoder.dimension),
          text(encoder.dtype),
        ]
      : [text('word vectors'), text(null), text(null), text(null), text(null), text(null)];
    return [name, text(group), ...details, code(made)];
  });
  const columns = ['group', 'architecture', 'parameters (M)', 'prompt', 'pooling', 'dimension', 'dtype', 'made by'];
  return table('models', 'The models', '', 'model', columns, rows, missingWords(models));
}

function discountText(discount = 0): string {
  return discount === 0 ? '' : `; analogies: cosine less ${discount} for a shared word`;
}

function missingWords(models: readonly ReportModel[]): string[] {
  return models
    .filter((model) => model.missingWords > 0)
    .map((model) => `${model.name}: ${model.missingWords} words have no vector and count as zeros.`);
}

function analogyTable({ models }: Report): ReportTable {
  const rows = models.flatMap(({ name, analogy }) =>
    analogy.map((own): readonly [string, ...ReportCell[]] => [
      `${name} · ${own.set} ${own.split}`,
      whole(own.questions),
      whole(own.correct),
      { ...percent(own.accuracy), interval: [100 * own.interval.low, 100 * own.interval.high] as const },
      percent(own.chance),
      { value: own.seconds },
      code(own.command),
    ]),
  );
  const columns = ['questions', 'correct', 'accuracy', 'chance', 'seconds', 'command'];
  return table('analogy', 'Analogy questions, every set and split', 'accuracy in %', 'model and set', columns, rows, [
    'Settings were chosen, if at all, on valid; test is what counts. Square brackets: 95 % bootstrap intervals.',
  ]);
}

/** Questions in which words are shared on purpose: every set, and the mean of the sets of each split. */
function sharedWordTable({ models }: Report): ReportTable {
  const rows = models.flatMap(({ name, analogy }): (readonly [string, ...ReportCell[]])[] => {
    const sets = analogy.filter((figures) => sharedWordMeans([figures]));
    const row = (label: string, of: readonly AnalogyFigures[]): readonly [string, ...ReportCell[]] => {
      const means = sharedWordMeans(of);
      const all = of.reduce((sum, { accuracy }) => sum + accuracy, 0) / of.length;
      return [`${name} · ${label}`, percent(all), percent(means?.apart ?? null), percent(means?.shared ?? null)];
    };
    const splits = [...new Set(sets.map(({ split }) => split))];
    return [
      ...sets.map((own) => row(`${own.set} ${own.split}`, [own])),
      ...splits
        .map((split) => ({ split, of: sets.filter((own) => own.split === split) }))
        .filter(({ of }) => of.length > 1)
        .map(({ split, of }) => row(`mean ${split}`, of)),
    ];
  });
  const columns = ['all', 'apart', 'shared'];
  return table('shared-words', 'Questions in which words are shared', 'accuracy in %', 'model and set', columns, rows, [
    'Two wrong pairs share a word with the stem. Apart: the right pair does not; shared: it does. Chance is 25 %.',
  ]);
}

function classificationTable({ models }: Report): ReportTable {
  const rows = models.flatMap(({ name, classification }) =>
    classification.map((own): readonly [string, ...ReportCell[]] => [
      `${name} · ${own.set}`,
      text(own.features),
      percent(own.macroF1),
      percent(own.microF1),
      percent(own.validationMacroF1),
      text(
        `${own.classifier.hidden} units, rate ${own.classifier.learningRate}${own.search === 'grid' ? ' (searched)' : ''}`,
      ),
      whole(own.classifier.epochs),
      { value: own.seconds },
      code(own.command),
    ]),
  );
  const columns = [
    'features',
    'macro F1',
    'micro F1',
    'validation macro F1',
    'classifier',
    'epochs',
    'seconds',
    'command',
  ];
  return table(
    'classification',
    'Lexical relation classification, every set',
    'F1 in %',
    'model and set',
    columns,
    rows,
  );
}

function classTable({ models }: Report): ReportTable {
  const rows = models.flatMap(({ name, classification }) =>
    classification.flatMap((own) =>
      Object.entries(own.perClass).map(([relation, scores]): readonly [string, ...ReportCell[]] => [
        `${name} · ${own.set}${own.features === 'both' ? '' : ` (${own.features})`} · ${relation}`,
        percent(scores.precision),
        percent(scores.recall),
        percent(scores.f1),
        whole(scores.support),
      ]),
    ),
  );
  const columns = ['precision', 'recall', 'F1', 'test pairs'];
  return table('classes', 'Lexical relation classification by class', '%', 'model, set and class', columns, rows);
}

function mappingTable({ models }: Report): ReportTable {
  const rows = models.flatMap(({ name, mapping }) =>
    mapping.map((own): readonly [string, ...ReportCell[]] => [
      `${name} · ${own.set}`,
      whole(own.problems),
      percent(own.accuracy),
      whole(own.terms),
      percent(own.termAccuracy),
      percent(own.solved),
      text(own.proven ? 'all' : 'not all'),
      { value: own.seconds },
      code(own.command),
    ]),
  );
  const columns = [
    'problems',
    'accuracy',
    'terms',
    'of all terms',
    'solved wholly',
    'proven best',
    'seconds',
    'command',
  ];
  return table(
    'mapping',
    'Relation mapping, and scientific and creative analogies',
    '% of the terms mapped rightly',
    'model and set',
    columns,
    rows,
    ['Accuracy: the mean over problems of the share of their terms mapped rightly.'],
  );
}

/** How the lists of Tables 6 and 13 came about. */
function neighbourTable({ models }: Report): ReportTable {
  const rows = models.flatMap(({ name, neighbours }): (readonly [string, ...ReportCell[]])[] => {
    if (!neighbours) return [];
    const { among, candidates, queries, seconds, command } = neighbours;
    return [[name, text(among), whole(candidates), whole(queries.length), { value: seconds }, code(command)]];
  });
  const columns = ['among', 'candidates', 'target pairs', 'seconds', 'command'];
  return table('neighbours', 'Searches for nearest neighbours', '', 'model', columns, rows, [
    'What was found stands in Tables 6 and 13.',
  ]);
}

function mapTable({ models }: Report): ReportTable {
  const rows = models.flatMap(({ name, map }): (readonly [string, ...ReportCell[]])[] => {
    if (!map) return [];
    return [[`${name} · ${map.set}`, whole(map.points.length), text(map.axes.join(', ')), code(map.command)]];
  });
  return table('maps', 'Maps of relation embeddings', '', 'model and set', ['pairs', 'axes', 'command'], rows);
}

function runTable({ models }: Report): ReportTable {
  const rows = models.map(({ name, run }): readonly [string, ...ReportCell[]] => {
    const { machine, versions } = run;
    return [
      name,
      text(run.started),
      whole(run.seconds),
      // No figure: digits in groups could not be typed after --seed.
      text(String(run.seed)),
      text(run.threads === null ? 'default' : String(run.threads)),
      text(`${machine.processor}, ${machine.cores} cores, ${machine.memoryGB} GB, ${machine.system}`),
      text(
        Object.entries(versions)
          .map(([what, version]) => `${what} ${version}`)
          .join(', '),
      ),
    ];
  });
  const columns = ['started', 'seconds', 'seed', 'threads', 'machine', 'versions'];
  return table('runs', 'Machine, versions, seeds and time', '', 'model', columns, rows);
}
