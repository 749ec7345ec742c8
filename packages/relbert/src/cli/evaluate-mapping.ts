/** `relbert evaluate mapping`: relation mapping problems. */
import type { MappingProblem } from '../data/mapping.ts';
import type { MappingEvaluation, MappingResult } from '../evaluate/mapping.ts';
import { command } from './command.ts';
import { percent } from './evaluate-analogy.ts';
import { refuseRepeated, refuseReplacing } from './named-twice.ts';
import { choice, type Flags, fileBeside, flag, fromOne, list, number, required, withDefault } from './option.ts';
import { noteMissingWords, openPairModel, pairModelOptions } from './pair-model.ts';
import type { Terminal } from './terminal.ts';

export interface MappingSet {
  /** The folder's. */
  readonly name: string;
  readonly path: string;
  readonly problems: readonly MappingProblem[];
}

type SetResult = MappingEvaluation & { readonly name: string };

const options = {
  data: required(
    list(
      '<path...>',
      '.jsonl of {"source","target"}, the .csv of SCAN (scientific and creative analogies), or folders with one',
    ),
  ),
  ...pairModelOptions('; baseline: vectors:FILE (word2vec or GloVe text, may be gzip)'),
  objective: withDefault(
    choice('<objective>', 'mean over all pairs, or as the Python package: mean over rows of their maximum', [
      'coherence',
      'reference',
    ]),
    'coherence',
  ),
  maxNodes: number('<number>', 'give up the proof after so many partial mappings (default: never)', fromOne),
  problems: flag('print each problem, too'),
  predictions: fileBeside('write the mapping of each problem as JSON lines'),
  json: flag('print {"model","pooling","template","objective","results"}'),
};
type MappingFlags = Flags<typeof options>;

export const evaluateMapping = command({
  name: 'mapping',
  summary: 'accuracy on relation mapping problems',
  description:
    'Finds the one-to-one mapping of the source terms to the target terms under which their relations are most alike, and proves that none is better.',
  options,
  examples: ['relbert evaluate mapping --data data/relation_mapping data/scan'],
  async run(_, flags, terminal) {
    const sets = withNames(await Promise.all(flags.data.map(readMappingSet)));
    await refuseRepeated(sets);
    if (flags.predictions !== undefined) {
      const inputs = sets.map(({ path }) => ({ path, from: '--data' }));
      await refuseReplacing(`--predictions ${flags.predictions}`, [flags.predictions], inputs);
    }
    const { openOutput } = await import('./output.ts');
    const predictions = flags.predictions === undefined ? undefined : await openOutput(flags.predictions, terminal);
    try {
      await using model = await openPairModel(flags, terminal);
      const { evaluateMapping } = await import('../evaluate/mapping.ts');
      const results: SetResult[] = [];
      for (const { name, problems } of sets) {
        const progress = await terminal.progress(`mapping ${name}`, 'problems', problems.length);
        try {
          const evaluation = await evaluateMapping(problems, model.embed, {
            objective: flags.objective,
            signal: terminal.signal,
            ...(flags.maxNodes !== undefined && { maxNodes: flags.maxNodes }),
            onProgress: ({ done, total }) => progress.update(done, total),
          });
          results.push({ name, ...evaluation });
        } finally {
          progress.stop();
        }
        for (const result of results.at(-1)?.results ?? []) {
          await predictions?.write(`${JSON.stringify({ set: name, ...problemJson(result) })}\n`);
        }
      }
      await predictions?.commit();
      const unproven = results.flatMap((own) => own.results).filter(({ optimal }) => !optimal).length;
      if (unproven > 0)
        terminal.warn(`${unproven} mappings are the best found, not proven to be the best (--max-nodes)`);
      noteMissingWords(model.missing, 'count as zeros in the problems', terminal);
      const { pooling = null, template = null } = model;
      await terminal.print(
        flags.json
          ? JSON.stringify({
              model: flags.model,
              pooling,
              template,
              objective: flags.objective,
              results: results.map(setJson),
            })
          : await resultsText(results, flags, terminal),
      );
    } catch (error) {
      await predictions?.discard();
      throw error;
    }
  },
});

/** The problems of a file, or of the one file of a folder; the set is named after the folder. */
export async function readMappingSet(path: string): Promise<MappingSet> {
  const { parseMappings, parseScan, scanMappings } = await import('../data/mapping.ts');
  const { existingKind, listFolder, readText } = await import('../node/read-file.ts');
  const { basename, dirname, extname, join, resolve } = await import('../node/path.ts');
  let file = path;
  if ((await existingKind(path)) === 'folder') {
    const names = await listFolder(path);
    const found = names.includes('test.jsonl') ? ['test.jsonl'] : names.filter((name) => /\.(jsonl|csv)$/.test(name));
    if (found.length !== 1) {
      const holds =
        found.length === 0
          ? 'holds no test.jsonl and no .csv of mapping problems'
          : `holds ${found.join(', ')}: name one of them`;
      throw new Error(`${path}: ${holds}`);
    }
    file = join(path, found[0] as string);
  }
  const data = { file, text: await readText(file) };
  const problems = extname(file).toLowerCase() === '.csv' ? scanMappings(parseScan(data)) : parseMappings(data);
  if (problems.length === 0) throw new Error(`${file}: holds no problem of two or more terms`);
  return { name: basename(dirname(resolve(file))), path: file, problems };
}

/** Sets of the same name have their files as names. */
function withNames(sets: readonly MappingSet[]): MappingSet[] {
  return sets.map((set, i) =>
    sets.some(({ name }, j) => name === set.name && j !== i) ? { ...set, name: set.path } : set,
  );
}

function problemJson({ problem, mapping, ...rest }: MappingResult) {
  const { source, target, kind } = problem;
  return { source, target, mapping, ...(kind !== undefined && { kind }), ...rest };
}

function setJson({ name, results, accuracy, termAccuracy, solved }: SetResult) {
  const terms = results.reduce((sum, { mapping }) => sum + mapping.length, 0);
  return {
    set: name,
    problems: results.length,
    terms,
    accuracy,
    termAccuracy,
    solved,
    optimal: results.every((result) => result.optimal),
    mappings: results.map(problemJson),
  };
}

async function resultsText(results: readonly SetResult[], flags: MappingFlags, terminal: Terminal): Promise<string> {
  const { tableText } = await import('./table.ts');
  const right = (title: string) => ({ title, align: 'right' }) as const;
  const tables = [
    tableText(
      [
        { title: 'set' },
        right('problems'),
        right('accuracy %'),
        right('terms'),
        right('of terms %'),
        right('solved %'),
      ],
      results.map((own) => [
        ...[own.name, String(own.results.length), percent(own.accuracy)],
        ...[
          String(own.results.reduce((sum, { mapping }) => sum + mapping.length, 0)),
          percent(own.termAccuracy),
          percent(own.solved),
        ],
      ]),
      terminal.style,
    ),
  ];
  if (flags.problems) {
    for (const { name, results: own } of results) {
      const rows = own.map(({ problem, mapping, right: isRight, correct, score, rightScore }) => [
        `${problem.source[0]} → ${problem.target[0]}`,
        `${correct}/${mapping.length}`,
        score.toFixed(4),
        rightScore.toFixed(4),
        problem.source.map((term, i) => `${term} → ${mapping[i]}${isRight[i] ? '' : ' ✗'}`).join(', '),
      ]);
      tables.push(
        tableText(
          [{ title: name }, right('right'), right('score'), right('of the answer'), { title: 'mapping' }],
          rows,
          terminal.style,
        ),
      );
    }
  }
  return tables.join('\n\n');
}
