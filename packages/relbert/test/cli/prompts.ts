import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { formatRelationLines } from '../../src/data/relation-set.ts';
import { wordRelations } from '../search/model.ts';
import { relbert, tinyModel } from './command.ts';

/** Relations and questions in a folder that a test file has while it runs, and what its commands leave there. */
export function usePrompts() {
  const folder = mkdtempSync(join(tmpdir(), 'relbert-prompt-'));
  const at = (name: string) => join(folder, name);
  const relations = wordRelations(10, { positives: 10, negatives: 5 });
  const data = ['--model', tinyModel, '--pooling', 'average', '--data', at('relations.jsonl'), '--threads', '1'];
  const triggers = ['--begin', '2', '--middle', '1', '--end', '1'];

  beforeAll(async () => {
    writeFileSync(at('relations.jsonl'), formatRelationLines(relations));
    const questions = relations.slice(0, 6).map(({ positives, negatives }, i) =>
      JSON.stringify({
        stem: [positives[0]?.head, positives[0]?.tail],
        choice: [positives[1], negatives[0], negatives[1]].map((pair) => [pair?.head, pair?.tail]),
        answer: i % 3 === 0 ? 0 : 1,
      }),
    );
    writeFileSync(at('valid.jsonl'), `${questions.join('\n')}\n`);
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const config = (name: string) => JSON.parse(readFileSync(join(at(name), 'config.json'), 'utf8'));
  const log = (name: string) =>
    readFileSync(join(at(name), 'prompt.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  const accuracy = async (...args: string[]) => {
    const { code, stdout, stderr } = await relbert([
      'evaluate',
      'analogy',
      '--data',
      at('valid.jsonl'),
      '--model',
      tinyModel,
      '--json',
      ...args,
    ]);
    expect([code, stderr.replace(/.*plain language model.*\n/, '')]).toEqual([0, '']);
    return JSON.parse(stdout);
  };
  return { relations, data, triggers, at, config, log, accuracy };
}
