/** Small evaluation data in a folder of its own, for the commands that read all kinds. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { tinyModel } from '../../../relbert/test/cli/command.ts';

export const words = ['cat', 'dog', 'king', 'queen', 'sea', 'ship', 'sun', 'moon'];
export const model = [
  '--model',
  tinyModel,
  '--template',
  '<subj> and <obj>',
  '--pooling',
  'difference',
  '--threads',
  '1',
];

/** Made before the tests of the file, and removed after them. */
export function useEvaluationData() {
  const folder = mkdtempSync(join(tmpdir(), 'relbert-report-'));
  const data = join(folder, 'data');
  // The paper's targets among thousands of carried pairs would take long on a busy machine.
  const pairs = join(folder, 'pairs.tsv');

  beforeAll(async () => {
    const write = (path: string, text: string) => {
      mkdirSync(join(data, path, '..'), { recursive: true });
      writeFileSync(join(data, path), text);
    };
    const question = (i: number) =>
      JSON.stringify({
        stem: [words[i % 8], words[(i + 1) % 8]],
        choice: [
          [words[(i + 2) % 8], words[(i + 3) % 8]],
          [words[(i + 4) % 8], words[(i + 1) % 8]],
        ],
        answer: i % 2,
        prefix: 'currency',
      });
    write('analogy/u2/test.jsonl', [0, 1, 2, 3].map(question).join('\n'));
    write('analogy/u2/valid.jsonl', question(5));
    const lines = (count: number) =>
      Array.from(
        { length: count },
        (_, i) => `${words[i % 8]}\t${words[(i * 3 + 1) % 8]}\t${i % 2 ? 'hyper' : 'random'}\n`,
      ).join('');
    write('lexical_relation/BLESS/train.tsv', lines(24));
    write('lexical_relation/BLESS/test.tsv', lines(8));
    write('relation_mapping/test.jsonl', JSON.stringify({ source: words.slice(0, 3), target: words.slice(3, 6) }));
    writeFileSync(
      pairs,
      words
        .slice(1)
        .map((word, i) => `${words[i]}\t${word}\n`)
        .join(''),
    );
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, data, pairs };
}
