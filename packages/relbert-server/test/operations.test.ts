import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  indexFolder,
  minePairs,
  nodeRuntime,
  questionOf,
  RelationClassifier,
  RelationEncoder,
  RelationIndex,
  row,
} from 'relbert';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../src/index.ts';
import { modelOptions, post, start, tinyModel } from './server.ts';

const words = ['sun', 'moon', 'tree', 'leaf', 'king', 'queen', 'paris', 'france', 'tokyo', 'japan'];
const relbert = fileURLToPath(new URL('../../relbert/bin/relbert.js', import.meta.url));
const vocabulary = words.flatMap((head) => words.filter((tail) => tail !== head).map((tail) => ({ head, tail })));

describe('operations', () => {
  let server: RunningServer;
  let encoder: RelationEncoder;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'relbert-server-'));
    encoder = await RelationEncoder.load(tinyModel, { ...modelOptions, worker: false });
    await buildIndex(folder);
    const examples = vocabulary.map((pair, i) => ({ ...pair, label: i % 2 === 0 ? 'even' : 'odd' }));
    await using classifier = await RelationClassifier.fit(examples, { encoder, method: 'lda' });
    await classifier.save(join(folder, 'classifier'));
    server = await start({ index: join(folder, 'index'), classifier: join(folder, 'classifier') });
  });
  afterAll(async () => {
    await server?.close();
    await encoder?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it('embed gives the vectors of the library', async () => {
    const pairs = [
      ['Tokyo', 'Japan'],
      ['sun', 'moon'],
      ['Tokyo', 'Japan'],
    ] as const;
    const { status, body, headers } = await post(server, '/v1/embed', { pairs });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json');
    const expected = await encoder.encode(pairs);
    expect(body.embeddings).toHaveLength(3);
    for (const [i, vector] of (body.embeddings as number[][]).entries()) {
      expect(vector).toHaveLength(encoder.dimension);
      for (const [d, value] of vector.entries()) expect(value).toBeCloseTo(row(expected, i)[d] as number, 5);
    }
  });

  it('similarity is the cosine of the library', async () => {
    const [a, b] = [
      ['Tokyo', 'Japan'],
      ['Paris', 'France'],
    ] as const;
    const { body } = await post(server, '/v1/similarity', { a, b });
    expect(Object.keys(body)).toEqual(['similarity']);
    expect(body.similarity).toBeCloseTo(await encoder.similarity(a, b), 5);
  });

  it('analogy ranks as the library does', async () => {
    const stem = ['king', 'queen'] as const;
    const choices = [
      ['sun', 'moon'],
      ['tree', 'leaf'],
      ['paris', 'france'],
    ] as const;
    const { body } = await post(server, '/v1/analogy', { stem, choices });
    const expected = await encoder.rankAnalogy(stem, choices);
    expect(body.ranking.map(({ pair }: { pair: string[] }) => pair)).toEqual(
      expected.map(({ pair }) => [pair.head, pair.tail]),
    );
    for (const [i, { score }] of body.ranking.entries()) expect(score).toBeCloseTo(expected[i]?.score as number, 5);
  });

  it('mapping finds a term with itself', async () => {
    const source = ['sun', 'moon', 'tree'];
    const { body } = await post(server, '/v1/mapping', { source, target: ['tree', 'sun', 'moon'] });
    expect(body.mapping).toEqual(source.map((term) => [term, term]));
    expect(body.score).toBeCloseTo(1, 5);
    expect(body.optimal).toBe(true);
  });

  it('neighbours are those of the index, without shared words and under a condition where asked', async () => {
    await using index = await RelationIndex.open(indexFolder(join(folder, 'index')));
    const pair = { head: 'king', tail: 'queen' };
    const query = { vector: row(await encoder.encode([pair]), 0), pairs: [pair] };
    const where = 'relation = "even"';
    for (const options of [{}, { distinctWords: true }, { where }, { distinctWords: true, where, top: 3 }]) {
      const { status, body } = await post(server, '/v1/neighbours', { pairs: [['king', 'queen']], ...options });
      expect(status).toBe(200);
      const [expected] = await index.search([query], options);
      expect(body.results).toHaveLength(1);
      expect(body.results[0].query).toEqual(pair);
      expect(body.results[0].neighbours.map(({ score: _, ...rest }: { score: number }) => rest)).toEqual(
        expected?.map(({ pair: { head, tail, columns } }) => ({ ...columns, head, tail })),
      );
      for (const [i, { score }] of body.results[0].neighbours.entries()) {
        expect(score).toBeCloseTo(expected?.[i]?.score as number, 3);
      }
    }
  });

  it('neighbours of the mean of examples less counter-examples', async () => {
    const body = {
      pairs: [
        ['sun', 'moon'],
        ['king', 'queen'],
      ],
      mean: true,
      not: [['tree', 'leaf']],
      top: 2,
    };
    const answer = await post(server, '/v1/neighbours', body);
    expect(answer.body.results).toHaveLength(1);
    expect(answer.body.results[0].query).toEqual({
      pairs: [
        { head: 'sun', tail: 'moon' },
        { head: 'king', tail: 'queen' },
      ],
      not: [{ head: 'tree', tail: 'leaf' }],
    });
    await using index = await RelationIndex.open(indexFolder(join(folder, 'index')));
    const examples = await storedVectors(index, body.pairs);
    const questions = [questionOf(examples, await storedVectors(index, body.not)), questionOf(examples)];
    const [expected = [], without = []] = await index.search(questions, { top: 2 });
    expect(answer.body.results[0].neighbours).toEqual(
      expected.map(({ pair: { head, tail, columns }, score }) => ({
        ...{ ...columns, head, tail },
        score: expect.closeTo(score, 3),
      })),
    );
    expect(Math.abs((expected[0]?.score ?? 0) - (without[0]?.score ?? 0))).toBeGreaterThan(0.01);
  });

  it('a condition that cannot be read is a mistake of the client, in the words of the library', async () => {
    const { status, body } = await post(server, '/v1/neighbours', { pairs: [['a', 'b']], where: 'relaton = 1' });
    expect(status).toBe(422);
    expect(body.detail).toBe(
      "where: there is no column 'relaton' (did you mean relation?); the index has head, tail, relation",
    );
  });

  it('mine finds what the library finds', async () => {
    await using index = await RelationIndex.open(indexFolder(join(folder, 'index')));
    const seeds = [
      ['sun', 'moon'],
      ['king', 'queen'],
    ] as const;
    const { status, body } = await post(server, '/v1/mine', { seeds, not: [['tree', 'leaf']], top: 5 });
    expect(status).toBe(200);
    const expected = await minePairs(await storedVectors(index, seeds), index, {
      ...{ runtime: nodeRuntime(), top: 5 },
      not: await storedVectors(index, [['tree', 'leaf']]),
    });
    expect(body.results).toEqual(
      expected.map(({ pair, score, seed }) => ({
        ...{ head: pair.head, tail: pair.tail, ...pair.columns },
        ...{ score: expect.closeTo(score, 3), seed: { head: seed.head, tail: seed.tail } },
      })),
    );
  });

  it('classify labels as the library does, and other below the threshold', async () => {
    await using classifier = await RelationClassifier.load(join(folder, 'classifier'), { encoder });
    const pairs = [
      ['sun', 'moon'],
      ['Tokyo', 'Japan'],
    ] as const;
    const { body } = await post(server, '/v1/classify', { pairs });
    const expected = await classifier.predict(pairs);
    expect(body.predictions).toEqual(
      expected.map((prediction) => ({ ...prediction, probability: expect.closeTo(prediction.probability, 4) })),
    );
    const { body: none } = await post(server, '/v1/classify', { pairs, other: 1 });
    expect(none.predictions.map(({ label }: { label: string }) => label)).toEqual(['other', 'other']);
  });

  it('/ready says what is loaded', async () => {
    const response = await fetch(`${server.url}/ready`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'ready',
      worker: server.app.workerPid,
      model: tinyModel,
      dimension: encoder.dimension,
      prompt: modelOptions.template,
      pooling: 'difference',
      index: { pairs: vocabulary.length, columns: ['relation'] },
      labels: ['even', 'odd'],
    });
  });

  it('an index of another model is refused at the start, with both named', async () => {
    await expect(start({ index: join(folder, 'index'), pooling: 'average' })).rejects.toThrow(
      /built with .* has another pooling: vectors of two models cannot be compared/,
    );
  });
});

function storedVectors(index: RelationIndex, pairs: readonly (readonly string[])[]) {
  return Promise.all(
    pairs.map(async ([head = '', tail = '']) => {
      const pair = { head, tail };
      return { pair, vector: (await index.vectorOf(pair)) as Float32Array };
    }),
  );
}

/** With the command, as users do. */
async function buildIndex(folder: string): Promise<void> {
  const lines = vocabulary.map((pair, i) => JSON.stringify({ ...pair, relation: i % 2 === 0 ? 'even' : 'odd' }));
  const file = join(folder, 'pairs.jsonl');
  await writeFile(file, `${lines.join('\n')}\n`);
  const options = ['--model', tinyModel, '--template', modelOptions.template, '--pooling', modelOptions.pooling];
  const args = ['index', 'build', join(folder, 'index'), '--pairs', file, ...options];
  await promisify(execFile)(process.execPath, [relbert, ...args]);
}
