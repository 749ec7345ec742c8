/**
 * One iteration of AutoPrompt, k = 50 candidates over SemEval's training pairs, in three ways:
 *
 * - as `relbert prompt search` does it: gradient, then candidates that race;
 * - as the straightforward loop does it: gradient, then every pair encoded for every candidate, one after the other;
 * - PyTorch: gradient by autograd, then as many prompts encoded (in batches sorted by length) as the race encoded.
 *
 *   npm run bench:prompt -- [--model DIR] [--threads N] [--relations N] [--sample N]
 *
 * The loop and PyTorch are timed on a sample of the candidates (default 5), since all cost the same. Needs ../shared
 * and a Python with torch and transformers (PYTHON, default python3). Only the ratios carry over to another machine.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createPromptBatchEncoder } from '../../relbert/src/encoder/prompt-batch-encoder.ts';
import { nodeRuntime } from '../../relbert/src/node/runtime.ts';
import { readPromptData } from '../../relbert/src/run/problem.ts';
import { autoprompt } from '../../relbert/src/search/autoprompt.ts';
import type { IterationEvent } from '../../relbert/src/search/autoprompt-event.ts';
import { candidateTokens } from '../../relbert/src/search/candidate.ts';
import { PromptLoss } from '../../relbert/src/search/prompt-loss.ts';
import { TriggerWriter } from '../../relbert/src/search/trigger-prompt.ts';
import { PromptGradient } from '../../relbert/src/train/prompt-gradient.ts';
import { promptLimit } from '../../relbert/src/train/prompt-problem.ts';
import { tripletBatches } from '../../relbert/src/train/triplet-batch.ts';
import { runPython } from './python.ts';

const { values } = parseArgs({
  options: {
    model: {
      type: 'string',
      default: fileURLToPath(new URL('../../../../shared/models/all-MiniLM-L6-v2', import.meta.url)),
    },
    threads: { type: 'string', default: '2' },
    relations: { type: 'string', default: '79' },
    sample: { type: 'string', default: '5' },
    k: { type: 'string', default: '50' },
  },
});
const [threads, sample, k] = [values.threads, values.sample, values.k].map(Number) as [number, number, number];
const runtime = nodeRuntime();
const counts = { begin: 2, middle: 2, end: 2 };
const seed = 1;

async function main(): Promise<void> {
  const { model, train } = await readPromptData({ model: values.model });
  const relations = train.slice(0, Number(values.relations));
  const { config, weights, pooling, tokenizer } = model;
  const batches = tripletBatches({ relations, seed, relationsPerBatch: 16 });
  const pairs = batches.reduce((sum, batch) => sum + batch.pairs.length, 0);
  // Not from mask tokens: there every candidate changes what is pooled, and few are close.
  const tokens = candidateTokens(tokenizer, { wholeWords: true });
  const initial = Array.from({ length: 6 }, (_, i) => tokens[1000 * (i + 2)] as number);

  let iteration: IterationEvent | undefined;
  for await (const event of autoprompt({
    ...{ model, relations, validation: [], runtime, threads, seed, counts, initial, k, iterations: 1 },
  })) {
    if (event.kind === 'iteration') iteration = event;
  }
  if (!iteration) throw new Error('no iteration');

  const gradient = await PromptGradient.create({ config, weights, pooling, runtime, count: 6, threads });
  const writer = new TriggerWriter(tokenizer, config.vocabularySize, counts, '2023');
  const vectors = gradient.vectorsOf(initial);
  await gradient.ofBatch(batches[0] as (typeof batches)[number], writer.softEncoder(initial), vectors);
  const gradientSeconds = await timed(() => gradient.mean(batches, writer.softEncoder(initial), vectors));
  const encoder = await createPromptBatchEncoder({ config, weights, runtime, pooling, threads });
  const loss = new PromptLoss({ encoder, maxLength: promptLimit(model) });
  const candidates = Array.from({ length: sample }, (_, i) => initial.with(0, tokens[500 * (i + 1)] as number));
  const sampled = await timed(async () => {
    for (const triggers of candidates) await loss.mean(batches, writer.encoder(triggers));
  });
  const loop = gradientSeconds + (sampled * (k + 1)) / sample;

  const folder = mkdtempSync(join(tmpdir(), 'relbert-bench-'));
  const file = join(folder, 'prompts.json');
  writeFileSync(
    file,
    JSON.stringify({
      threads,
      vocabulary: config.vocabularySize,
      triggers: initial,
      candidates,
      batches: batches.map((batch) => ({
        ids: batch.pairs.map((pair) => writer.softEncoder(initial)(pair).ids),
        triples: Array.from(batch.triples.anchors, (anchor, i) => [
          anchor,
          batch.triples.positives[i],
          batch.triples.negatives[i],
        ]),
      })),
    }),
  );
  const stdout = runPython('prompt.py', [values.model, file]);
  rmSync(folder, { recursive: true });
  const python = JSON.parse(stdout) as { gradient: number; encode: number; loss: number; norm: number };
  const torch = python.gradient + (python.encode * iteration.encoded) / (sample * pairs);

  const found = await gradient.mean(batches, writer.softEncoder(initial), vectors);
  const shown = (seconds: number) => `${seconds.toFixed(1)} s`;
  console.log(
    `${pairs} pairs, k = ${k}, ${threads} threads; ${iteration.encoded} of ${iteration.exhaustive} prompts encoded`,
  );
  console.log(`race          ${shown(iteration.seconds)} (gradient ${shown(gradientSeconds)})`);
  console.log(`loop          ${shown(loop)}: ${(loop / iteration.seconds).toFixed(2)} times as long`);
  console.log(
    `PyTorch       ${shown(torch)} (gradient ${shown(python.gradient)}): ${(torch / iteration.seconds).toFixed(2)} times as long`,
  );
  console.log(
    `the same loss and gradient: ${found.loss.toFixed(6)} and ${python.loss.toFixed(6)}, norm ${Math.hypot(...found.gradient).toExponential(4)} and ${python.norm.toExponential(4)}`,
  );
  await gradient.dispose();
  await encoder.dispose();
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
