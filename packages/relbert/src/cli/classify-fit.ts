/** `relbert classify fit`: a classifier of relations, learnt from labelled pairs. */

import type { FitFigures, LabelledExample, RelationClassifier } from '../index.ts';
import type { DataFile } from '../text/data-error.ts';
import { command } from './command.ts';
import { counted } from './counted.ts';
import { percent } from './evaluate-analogy.ts';
import { openSplits } from './evaluate-classification.ts';
import { UsageError } from './exit.ts';
import { readInputText } from './input-text.ts';
import { loadEncoder, modelOptions } from './model-options.ts';
import {
  choice,
  flag,
  fromZero,
  negated,
  number,
  outputFolder,
  probability,
  required,
  text,
  withDefault,
} from './option.ts';
import type { Terminal } from './terminal.ts';

// Features are embeddings as they are.
const { normalize: _, ...encoderOptions } = modelOptions;

export const classifyFit = command({
  name: 'fit',
  summary: 'learn relations from labelled pairs',
  description:
    'Learns relations from labelled pairs: head, tail, label. Many pairs train the MLP of the paper, chosen and calibrated on validation pairs; few make a nearest-centroid or linear discriminant classifier.',
  options: {
    data: required(
      text(
        '<file>',
        '.tsv, .csv or .jsonl of head, tail, label, - for standard input, or a folder with train.tsv and perhaps val.tsv',
      ),
    ),
    output: required(outputFolder('folder for the classifier')),
    validation: text(
      '<file>',
      'pairs to choose and calibrate by (default: val.tsv of the folder, else some of the data are held out)',
    ),
    ...encoderOptions,
    method: withDefault(
      choice('<method>', 'mlp, centroid, lda; auto: by the number of pairs a label has', [
        'auto',
        'mlp',
        'centroid',
        'lda',
      ]),
      'auto',
    ),
    grid: negated("the MLP's default settings instead of the best of the paper's nine"),
    other: number('<probability>', 'pairs whose label is less probable are labelled "other"', probability),
    overwrite: flag('replace the classifier in the folder'),
    seed: withDefault(number('<number>', "of the split and of the MLP's start and batches", fromZero), 0),
    json: flag('print {"output","method","labels","examples","judgedOn","scores","calibration",...}'),
  },
  examples: [
    'relbert classify fit --data relations.tsv --output my-relations',
    'relbert classify fit --data data/BLESS --output bless --other 0.7',
  ],
  async run(_, flags, terminal) {
    const { data, validation, output, overwrite, seed, method, grid, other } = flags;
    if (!grid && (method === 'lda' || method === 'centroid')) {
      throw new UsageError(
        `--no-grid is a setting of the MLP, and --method ${method} trains none: leave one of them out`,
      );
    }
    await checkOutput(output, overwrite);
    const { examples, validation: found } = await readExamples(data, validation, terminal);
    await noteRepeated(examples, found, terminal);
    const { RelationClassifier } = await import('../index.ts');
    await using encoder = await loadEncoder(flags, terminal);
    const progress = await terminal.progress('encoding', 'pairs');
    let classifier: RelationClassifier;
    try {
      classifier = await RelationClassifier.fit(examples, {
        ...{ encoder, validation: found, seed, method, other, signal: terminal.signal },
        // Unasked, the grid is searched where there are pairs to choose by.
        ...(!grid && { search: 'default' }),
        ...(flags.threads !== undefined && { threads: flags.threads }),
        onProgress: ({ kind, done, total }) => progress.update(done, total, kind === 'epoch' ? 'training' : undefined),
      });
    } finally {
      progress.stop();
    }
    await using fitted = classifier;
    await fitted.save(output, { signal: terminal.signal });
    const { method: chosen, labels, other: threshold, figures } = fitted.info;
    await terminal.print(
      flags.json
        ? JSON.stringify({
            output,
            method: chosen,
            labels,
            ...(threshold !== undefined && { other: threshold }),
            ...figures,
          })
        : await fitText(output, fitted, terminal),
    );
  },
});

/** @throws FileError where a new classifier would replace another one unasked, or join files of another kind */
async function checkOutput(folder: string, overwrite: boolean | undefined): Promise<void> {
  const { kindOfPath, listFolder } = await import('../node/read-file.ts');
  const { FileError } = await import('../node/file-error.ts');
  const { CLASSIFIER_FILES } = await import('../classify/classifier-file.ts');
  const kind = await kindOfPath(folder);
  if (kind === undefined) return;
  if (kind !== 'folder') throw new UsageError(`${folder} is a file: name a folder for the classifier`);
  const names = await listFolder(folder);
  if (names.length === 0) return;
  if (!names.includes(CLASSIFIER_FILES.description)) {
    throw new FileError(folder, `is not empty and holds no classifier: name another folder`);
  }
  if (!overwrite) {
    throw new FileError(folder, `holds a classifier already: replace it with --overwrite, or name another folder`);
  }
}

async function readExamples(data: string, validation: string | undefined, terminal: Terminal) {
  const { parseLexicalRelations } = await import('../data/lexical-relation.ts');
  const { kindOfPath } = await import('../node/read-file.ts');
  const labelled = (file: DataFile): LabelledExample[] =>
    parseLexicalRelations(file).map(({ head, tail, relation }) => ({ head, tail, label: relation }));
  const read = async (file: string): Promise<DataFile> => ({
    ...(await readInputText(file, terminal)),
    onNotice: terminal.note,
  });
  if (data === '-' || (await kindOfPath(data)) !== 'folder') {
    return {
      examples: labelled(await read(data)),
      validation: validation === undefined ? [] : labelled(await read(validation)),
    };
  }
  const { split, requiredSplit } = await openSplits(data, terminal.note);
  const held = validation === undefined ? await split('validation') : await read(validation);
  return { examples: labelled(await requiredSplit('train')), validation: held ? labelled(held) : [] };
}

/** Says what makes a classifier look better or worse than it is. */
async function noteRepeated(
  examples: readonly LabelledExample[],
  validation: readonly LabelledExample[],
  terminal: Terminal,
): Promise<void> {
  const { contradictions, undirectedPairKey } = await import('../classify/folds.ts');
  const { pairText } = await import('../pair/word-pair.ts');
  const contradicting = contradictions(examples);
  const [first] = contradicting;
  if (first !== undefined) {
    const pairs = contradicting.length === 1 ? 'pair has' : 'pairs have';
    terminal.note(`${contradicting.length} ${pairs} two labels, ${pairText(first)} for one`);
  }
  const learnt = new Set(examples.map(undirectedPairKey));
  const seen = validation.filter((example) => learnt.has(undirectedPairKey(example))).length;
  if (seen > 0)
    terminal.warn(
      `${seen} of the ${validation.length} validation pairs are in the data too, perhaps reversed or in another case: they look easier than new ones`,
    );
}

const judgedBy: Readonly<Record<FitFigures['judgedOn'], string>> = {
  validation: 'validation pairs',
  'held-out': 'pairs held out of the data, learnt from afterwards',
  'chosen-on': 'pairs that the best of nine settings was chosen on: expect less of new pairs',
  'cross-validation': 'pairs, each judged by a classifier that did not learn it',
  nothing: '',
};

async function fitText(output: string, { info }: RelationClassifier, { style }: Terminal): Promise<string> {
  const { tableText } = await import('./table.ts');
  const { method, labels, encoder, figures, temperature } = info;
  const { examples, training, scores, calibration, thresholds, judgedOn } = figures;
  const count = Object.values(examples).reduce((sum, each) => sum + each, 0);
  const how = training
    ? ` (hidden size ${training.hidden}, learning rate ${training.learningRate}, ${counted(training.epochs, 'epoch')})`
    : '';
  const summary = [
    `${output}: ${method}${how}, ${counted(count, 'pair')} of ${counted(labels.length, 'label')}, encoder ${encoder.name} (${encoder.pooling})`,
  ];
  if (!scores || !calibration || !thresholds) {
    const unknown = method === 'lda' ? ', or lda cannot learn without it' : '';
    return `${summary[0]}\nnot judged: every pair is the only one of its label (but for case and direction) or has two labels${unknown}`;
  }
  summary.push(
    `macro F1 ${percent(scores.macroF1)} %, micro F1 ${percent(scores.microF1)} % on ${calibration.pairs} ${judgedBy[judgedOn]}`,
    `calibration error ${percent(calibration.errorBefore)} % before, ${percent(calibration.errorAfter)} % after (temperature ${temperature.toPrecision(3)})`,
  );
  const right = (title: string) => ({ title, align: 'right' }) as const;
  const byLabel = tableText(
    [{ title: 'label' }, right('pairs'), right('judged'), right('precision %'), right('recall %'), right('F1 %')],
    labels.map((label) => {
      const found = Object.hasOwn(scores.perClass, label) ? scores.perClass[label] : undefined;
      const judged = found
        ? [String(found.support), ...[found.precision, found.recall, found.f1].map(percent)]
        : ['0', '-', '-', '-'];
      return [label, String(examples[label]), ...judged];
    }),
    style,
  );
  const byThreshold = tableText(
    [right('--other'), right('labelled %'), right('accuracy %')],
    thresholds.map(({ other, kept, accuracy }) => [
      String(other),
      percent(kept),
      accuracy === null ? '-' : percent(accuracy),
    ]),
    style,
  );
  return [summary.join('\n'), byLabel, byThreshold].join('\n\n');
}
