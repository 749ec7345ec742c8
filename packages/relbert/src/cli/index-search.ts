/** `relbert index search | info | verify`. */

import type { IndexQuery, PairIndex } from '../index/pair-index.ts';
import { furtherColumns } from '../pair/further-columns.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { visible } from '../text/visible.ts';
import { command } from './command.ts';
import { counted } from './counted.ts';
import { UsageError } from './exit.ts';
import { indexModelOptions, openIndex, openPairIndex, vectorsFor } from './index-model.ts';
import { type Flags, flag, fromOne, list, number, text, typedName, withDefault } from './option.ts';
import { pairArgument } from './pair-input.ts';
import type { Terminal } from './terminal.ts';

const options = {
  index: text('<dir>', 'the folder of the index'),
  in: text('<address>', "instead of --index: postgres://user@host/database, a table that 'relbert index push' filled"),
  table: text('<name>', 'with --in: the table (default: ?table= of the address, else relbert_pairs)'),
  top: withDefault(number('<number>', 'answers to a question', fromOne), 10),
  distinctWords: flag('leave out pairs that share a word with the question'),
  where: text('<condition>', `only pairs that pass: 'relation = "hypernym" and head != "dog"'`),
  mean: flag('the pairs are examples of one relation: one question by their mean'),
  not: list('<pair...>', 'counter-examples, taken away from the mean'),
  vector: text('<numbers>', 'ask by a vector instead of pairs: a JSON list of numbers'),
  exact: flag('compare with every pair instead of the nearest lists'),
  probes: number('<number>', 'lists that are read for a question (default: about 99 % of the nearest ten)', fromOne),
  efSearch: number(
    '<number>',
    'with --in: candidates that a search of the graph keeps, up to 1000 (default: 100)',
    fromOne,
  ),
  ...indexModelOptions,
  json: flag('print {"results":[{"query","neighbours":[{"head","tail","score"}]}]}, further columns beside'),
};
type SearchFlags = Flags<typeof options>;

/** Options that mean nothing for a vector. */
const ofPairs = ['not', 'mean', 'distinctWords', 'model', 'template', 'prompt', 'pooling'] as const;

export const indexSearch = command({
  name: 'search',
  summary: 'pairs of an index whose relation is most like that of given pairs',
  description:
    'The pairs of an index with the greatest cosine to each given pair. A pair that is in the index needs no model; others are encoded with the model of the index.',
  arguments: [['[pair...]', 'HEAD:TAIL, or JSON: \'["head", "tail"]\'']],
  options,
  examples: [
    'relbert index search barista:coffee --index wordnet-index',
    'relbert index search hot:cold big:small --mean --distinct-words --index wordnet-index',
    'relbert index search hot:cold --in postgres://user@host/words --table pairs',
  ],
  run: ([texts], flags, terminal) => searchIndex(texts, flags, terminal),
});

export const indexInfo = command({
  name: 'info',
  summary: 'what an index holds',
  description: 'How many pairs an index holds, with which columns, and which model made their vectors.',
  arguments: [['<dir>', 'the folder of the index']],
  options: { json: flag('print the same as JSON') },
  examples: ['relbert index info wordnet-index'],
  async run([dir], flags, terminal) {
    await using opened = await openIndex(dir);
    const { origin, model, columns, ...figures } = opened.info();
    if (flags.json) return terminal.print(JSON.stringify({ ...figures, columns, model }));
    const lines = [
      ['pairs', `${figures.rows}${figures.removed > 0 ? ` (and ${figures.removed} removed)` : ''}`],
      ['columns', columns.length > 0 ? columns.join(', ') : 'none'],
      ['model', `${model.name}, "${model.prompt}", ${model.pooling}`],
      ['dimension', String(figures.dimension)],
      ['parts', String(figures.segments)],
      [
        'size',
        figures.bytes < 1e6 ? `${(figures.bytes / 1e3).toFixed(1)} kB` : `${(figures.bytes / 1e6).toFixed(1)} MB`,
      ],
    ];
    await terminal.print(lines.map(([name = '', value = '']) => `${name.padEnd(10)} ${visible(value)}`).join('\n'));
  },
});

export const indexVerify = command({
  name: 'verify',
  summary: 'check every byte of an index',
  description: 'Reads every byte of an index and compares it with the checksums.',
  arguments: [['<dir>', 'the folder of the index']],
  options: { json: flag('print {"rows"}') },
  examples: ['relbert index verify wordnet-index'],
  async run([dir], flags, terminal) {
    await using opened = await openIndex(dir);
    const { rows } = opened.info();
    const progress = await terminal.progress('checking', 'pairs', rows);
    try {
      for await (const { done } of opened.verify({ signal: terminal.signal })) progress.update(done);
    } finally {
      progress.stop();
    }
    await terminal.print(flags.json ? JSON.stringify({ rows }) : `${dir} is sound: ${counted(rows, 'pair')}`);
  },
});

/** A question with what its answers are printed under. */
interface Question {
  readonly query: IndexQuery;
  readonly title: string;
  readonly json: object;
}

/** The index of `--index` or `--in`. */
async function openSearched({ index, in: address, table, efSearch, probes }: SearchFlags): Promise<PairIndex> {
  if ((index === undefined) === (address === undefined)) {
    throw new UsageError('where to search: give --index DIR or --in postgres://...');
  }
  const wrong = Object.entries(address === undefined ? { table, 'ef-search': efSearch } : { probes });
  for (const [name, value] of wrong) {
    if (value !== undefined) throw new UsageError(`--${name} goes with --${address === undefined ? 'in' : 'index'}`);
  }
  return openPairIndex((index ?? address) as string, { table, efSearch });
}

async function searchIndex(texts: readonly string[], flags: SearchFlags, terminal: Terminal): Promise<void> {
  await using index = await openSearched(flags);
  const questions = await questionsOf(texts, index, flags, terminal);
  const { top, where, distinctWords, exact, probes } = flags;
  const results = await index.search(
    questions.map(({ query }) => query),
    {
      top,
      signal: terminal.signal,
      ...(where !== undefined && { where }),
      ...(distinctWords && { distinctWords }),
      ...(exact && { exact }),
      ...(probes !== undefined && { probes }),
    },
  );
  if (flags.json) {
    const further = furtherColumns(['score'], terminal.note);
    const answers = questions.map(({ json }, q) => ({
      query: json,
      neighbours: (results[q] ?? []).map(({ pair, score }) => ({
        ...further(pair),
        head: pair.head,
        tail: pair.tail,
        score,
      })),
    }));
    return terminal.print(JSON.stringify({ results: answers }));
  }
  const { tableText } = await import('./table.ts');
  const none = results.some((found) => found.length === 0) && (await index.count()) === 0;
  const tables = questions.map(({ title }, q) => {
    const neighbours = results[q] ?? [];
    if (neighbours.length === 0) return `${visible(title)}: ${none ? 'the index holds no pair' : 'no pair passes'}`;
    const columns = [...new Set(neighbours.flatMap(({ pair }) => Object.keys(pair.columns ?? {})))];
    const rows = neighbours.map(({ pair, score }, rank) => [
      String(rank + 1),
      `${pair.head}:${pair.tail}`,
      score.toFixed(4),
      ...columns.map((column) => textOf(pair.columns?.[column])),
    ]);
    const heads = [
      { title: '', align: 'right' } as const,
      { title },
      { title: 'cosine', align: 'right' } as const,
      ...columns.map((column) => ({ title: column })),
    ];
    return tableText(heads, rows, terminal.style);
  });
  await terminal.print(tables.join('\n\n'));
}

function textOf(value: unknown): string {
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

async function questionsOf(
  texts: readonly string[],
  index: PairIndex,
  flags: SearchFlags,
  terminal: Terminal,
): Promise<Question[]> {
  if (flags.vector !== undefined) {
    if (texts.length > 0) throw new UsageError('pairs and --vector are both given: leave one out');
    for (const name of ofPairs) {
      const given = flags[name];
      if (given === undefined || given === false) continue;
      throw new UsageError(`--${typedName(name)} goes with pairs, not with --vector: leave one out`);
    }
    return [{ query: { vector: parseVector(flags.vector) }, title: 'vector', json: { vector: true } }];
  }
  if (texts.length === 0) throw new UsageError('no question: give HEAD:TAIL ..., or --vector');
  const pairs = await Promise.all(texts.map(pairArgument));
  const counterExamples = await Promise.all((flags.not ?? []).map(pairArgument));
  const vectors = await vectorsFor([...pairs, ...counterExamples], index, flags, terminal);
  const { questionOf } = await import('../index/index-question.ts');
  const words = ({ head, tail }: WordPair): object => ({ head, tail });
  const title = ({ head, tail }: WordPair): string => `${head}:${tail}`;
  const examples = vectors.slice(0, pairs.length);
  const not = vectors.slice(pairs.length);
  if (flags.mean) {
    const json = { pairs: pairs.map(words), ...(not.length > 0 && { not: counterExamples.map(words) }) };
    return [{ query: questionOf(examples, not), title: pairs.map(title).join(' '), json }];
  }
  return examples.map((example) => ({
    query: questionOf([example], not),
    title: title(example.pair),
    json: words(example.pair),
  }));
}

function parseVector(text: string): Float32Array {
  let numbers: unknown;
  try {
    numbers = JSON.parse(text);
  } catch {
    numbers = undefined;
  }
  if (Array.isArray(numbers) && numbers.every((value) => typeof value === 'number')) return Float32Array.from(numbers);
  throw new UsageError(`--vector must be a JSON list of numbers, got ${text.slice(0, 40)}`);
}
