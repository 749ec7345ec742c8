import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as browser from '../../src/browser.ts';
import { type EncoderOptions, fastDtype } from '../../src/encoder/encoder-options.ts';
import { loadEncoderParts } from '../../src/encoder/load-encoder.ts';
import * as node from '../../src/index.ts';
import { RelationEncoder, row } from '../../src/index.ts';
import { readChunks } from '../../src/node/byte-stream.ts';
import { modelFiles } from '../../src/node/open-model.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import type { Runtime } from '../../src/runtime/session.ts';
import { describeWithShared, sharedPath } from '../shared.ts';

const tiny = fileURLToPath(new URL('../fixtures/encoder/bert', import.meta.url));
const template = '<subj> is the <mask> of <obj>';
const pairs: [string, string][] = Array.from({ length: 60 }, (_, i) => [`h${i % 7}`, `t${'x'.repeat(i % 5)}${i}`]);

/** Milliseconds that this thread has computed, not what it waited for others; where the system does not say, all that went by. */
function computed(): number {
  const file = '/proc/thread-self/schedstat';
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split(' ')[0]) / 1e6 : performance.now();
}

describe('RelationEncoder.load', () => {
  it('gives the same embeddings in a worker thread and in this one', async () => {
    await using here = await RelationEncoder.load(tiny, { template, pooling: 'difference', worker: false });
    await using there = await RelationEncoder.load(tiny, { template, pooling: 'difference' });
    expect([here.info, there.info]).toMatchObject([
      { runtime: 'node', device: 'cpu' },
      { runtime: 'node-worker', device: 'cpu' },
    ]);
    const [a, b] = [await here.encode(pairs), await there.encode(pairs)];
    expect(a.shape).toEqual([60, here.dimension]);
    expect(b.data).toEqual(a.data);
  });

  it('embeds a pair the same whatever stands beside it in the batch', async () => {
    await using encoder = await RelationEncoder.load(tiny, { template, pooling: 'average_no_mask', worker: false });
    const together = await encoder.encode(pairs);
    for (const index of [0, 13, 59]) {
      const alone = await encoder.encode([pairs[index] as [string, string]]);
      const rowTogether = row(together, index);
      const largest = alone.data.reduce((most, x, i) => Math.max(most, Math.abs(x - (rowTogether[i] as number))), 0);
      expect(largest).toBeLessThan(1e-5);
    }
  });

  it('gives the same embeddings with weights that are mapped, read, or left as they are for a quick start', async () => {
    const files = await modelFiles('embedded');
    const embed = async (runtime: Runtime, options: EncoderOptions = {}) => {
      await using encoder = new RelationEncoder(
        await loadEncoderParts(files, runtime, { ...options, normalize: true }),
      );
      return (await encoder.encode(pairs)).data;
    };
    const mapped = await embed(nodeRuntime());
    for (const other of [
      await embed({ ...nodeRuntime(), mapsFiles: false }),
      await embed(nodeRuntime(), { quickStart: true }),
    ]) {
      expect(other).not.toEqual(new Float32Array(other.length));
      expect(Math.max(...mapped.map((value, i) => Math.abs(value - (other[i] as number))))).toBeLessThan(1e-5);
    }
    // Integers of 8 bits, too.
    const integers = await embed(nodeRuntime(), { dtype: 'int8' });
    expect(await embed({ ...nodeRuntime(), mapsFiles: false }, { dtype: 'int8' })).toEqual(integers);
    const furthest = Math.max(...mapped.map((value, i) => Math.abs(value - (integers[i] as number))));
    expect(furthest).toBeGreaterThan(1e-4);
    expect(furthest).toBeLessThan(0.05);
  });

  it('says what it loaded', async () => {
    await using encoder = await RelationEncoder.load(tiny, { pooling: 'cls', worker: false });
    expect(encoder.info).toMatchObject({
      origin: tiny,
      architecture: 'bert',
      prompt: { kind: 'template', text: expect.stringContaining('Today, I finally discovered') },
      pooling: 'cls',
      promptFrom: 'default',
      dtype: 'f32',
      storedDtype: 'F32',
    });
    expect(encoder.info.dimension).toBe(encoder.info.hiddenSize);
  });

  it("computes in 8 bits what is stored so, where dtype is 'stored'", async () => {
    const dtypeOf = async (model: string) => (await RelationEncoder.describe(model, { dtype: 'stored' })).dtype;
    expect([await dtypeOf('embedded'), await dtypeOf(tiny)]).toEqual(['int8', 'f32']);
    expect((['auto', 'cpu', 'wasm'] as const).map((device) => fastDtype(device))).toEqual(Array(3).fill('stored'));
    expect((['webgpu', 'cuda', 'coreml', 'dml'] as const).map((device) => fastDtype(device))).toEqual(
      Array(4).fill('f32'),
    );
    await using encoder = await RelationEncoder.load('embedded', { dtype: 'stored', worker: false });
    await using int8 = await RelationEncoder.load('embedded', { dtype: 'int8', worker: false });
    expect(encoder.info.dtype).toBe('int8');
    expect((await encoder.encode(pairs)).data).toEqual((await int8.encode(pairs)).data);
  });

  it('describes without reading the weights what it would load', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'relbert-describe-'));
    cpSync(tiny, folder, { recursive: true });
    const file = join(folder, 'model.safetensors');
    const bytes = readFileSync(file);
    bytes.fill(0xff, 8 + bytes.readUInt32LE()); // every weight is NaN
    writeFileSync(file, bytes);
    try {
      for (const options of [{}, { pooling: 'average+difference', dtype: 'int8', maxLength: 20 }] as const) {
        await using encoder = await RelationEncoder.load(tiny, { ...options, worker: false });
        expect(await RelationEncoder.describe(folder, options)).toEqual({ ...encoder.info, origin: folder });
      }
      await expect(RelationEncoder.load(folder, { worker: false })).rejects.toThrow('NaN');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses what cannot be, naming it', async () => {
    const load = (options: object) => RelationEncoder.load(tiny, { worker: false, ...options });
    await expect(load({ pooling: 'averge' })).rejects.toThrow("unknown pooling 'averge' (did you mean average?)");
    await expect(load({ template: 'A relation' })).rejects.toThrow('<subj>');
    await expect(load({ template: '<subj> <obj>', pooling: 'mask' })).rejects.toThrow('<mask>');
    await expect(load({ maxLength: 100_000 })).rejects.toThrow('maxLength 100000 is more than');
    await expect(load({ maxLength: 0 })).rejects.toThrow('maxLength must be a positive whole number, got 0');
    for (const threads of [0, -3, 1.5]) {
      await expect(load({ threads })).rejects.toThrow(`threads must be a positive whole number, got ${threads}`);
    }
    await expect(load({ dtype: 'f16' })).rejects.toThrow("dtype must be 'f32', 'int8' or 'stored', got 'f16'");
    await expect(load({ batchToken: 8 })).rejects.toThrow("unknown option 'batchToken' (did you mean batchTokens");
    await expect(load({ device: 'gpu' })).rejects.toThrow("unknown device 'gpu'");
    const prompt = { kind: 'template', text: template };
    await expect(load({ template, prompt })).rejects.toThrow('template and prompt are both given');
    await expect(RelationEncoder.load('./test/no-such-folder')).rejects.toThrow('test/no-such-folder');
    await expect(load({ signal: AbortSignal.abort(new Error('never mind')) })).rejects.toThrow('never mind');
  });
});

it('fails with errors that the entries export, for Node and for browsers', async () => {
  const { CheckpointError, EncoderConfigError, OptionError, PairError, PoolingError, PromptError } = node;
  const { PromptTooLongError, RuntimeError, TokenizerError, WeightError } = node;
  const load = (options: object) => RelationEncoder.load(tiny, { worker: false, ...options });
  await expect(load({ template: 'zzz' })).rejects.toBeInstanceOf(PromptError);
  await expect(load({ pooling: 'zzz' })).rejects.toBeInstanceOf(PoolingError);
  await expect(load({ dtype: 'zzz' })).rejects.toBeInstanceOf(OptionError);
  await expect(RelationEncoder.load('./no-such-folder')).rejects.toBeInstanceOf(CheckpointError);
  await expect(readChunks('no-such-file').next()).rejects.toBeInstanceOf(node.FileError);
  await using encoder = await load({ maxLength: 3 });
  await expect(encoder.encode([['a', 'b']])).rejects.toBeInstanceOf(PromptTooLongError);
  await expect(encoder.encode([['a'] as unknown as [string, string]])).rejects.toBeInstanceOf(PairError);

  const files = await node.folderFiles(tiny);
  const config = JSON.parse(new TextDecoder().decode(await files.read('config.json'))) as object;
  const damaged = (name: string, content: object) => {
    const bytes = new TextEncoder().encode(JSON.stringify(content));
    const read: typeof files.read = async (file) => (file === name ? bytes : files.read(file));
    return loadEncoderParts({ ...files, read }, node.nodeRuntime(), {});
  };
  await expect(damaged('config.json', { model_type: 'zzz' })).rejects.toBeInstanceOf(EncoderConfigError);
  await expect(damaged('config.json', { ...config, num_hidden_layers: 9 })).rejects.toBeInstanceOf(WeightError);
  const noModel = await damaged('tokenizer.json', {}).catch((error: unknown) => error);
  expect(noModel).toBeInstanceOf(TokenizerError);
  expect((noModel as Error).message).toBe(`${tiny}/tokenizer.json: there is no "model"`);
  await expect(node.nodeRuntime().createSession(new Uint8Array(8))).rejects.toBeInstanceOf(RuntimeError);

  const inBrowser: Record<string, unknown> = browser;
  const errors = Object.entries(node).filter(([name]) => name.endsWith('Error') && name !== 'FileError');
  expect(errors.map(([name]) => name)).toContain('ClusterError');
  for (const [name, error] of errors) expect(inBrowser[name]).toBe(error);
});

describeWithShared('on the real language model', ['models/all-MiniLM-L6-v2/model.safetensors'], () => {
  const model = sharedPath('models/all-MiniLM-L6-v2');

  it('leaves the event loop free while it encodes', async () => {
    await using encoder = await RelationEncoder.load(model, { template: 'a', threads: 1 });
    const many: [string, string][] = Array.from({ length: 200 }, (_, i) => [`word${i}`, `other${i % 91}`]);
    await encoder.encode(many.slice(0, 32));
    // What the engine does besides, such as a collection of garbage, can only lengthen a turn: the best round counts.
    const rounds: number[] = [];
    while (rounds.length < 5 && !rounds.some((longest) => longest < 20)) {
      const turns: number[] = [];
      let last = computed();
      const timer = setInterval(() => {
        const now = computed();
        turns.push(now - last);
        last = now;
      }, 5);
      await encoder.encode(many);
      clearInterval(timer);
      turns.sort((a, b) => a - b);
      expect(turns.length).toBeGreaterThan(20);
      rounds.push(turns[Math.floor(0.99 * turns.length)] as number);
    }
    expect(Math.min(...rounds)).toBeLessThan(20);
  });

  it('is nearly as exact in 8 bits', async () => {
    await using f32 = await RelationEncoder.load(model, { template: '<subj> and <obj>', pooling: 'difference' });
    await using int8 = await RelationEncoder.load(model, {
      template: '<subj> and <obj>',
      pooling: 'difference',
      dtype: 'int8',
    });
    expect(int8.info.dtype).toBe('int8');
    const words: [string, string][] = [
      ['Tokyo', 'Japan'],
      ['cat', 'kitten'],
      ['big', 'bigger'],
      ['wheel', 'car'],
    ];
    const [exact, rounded] = [await f32.encode(words), await int8.encode(words)];
    for (let i = 0; i < words.length; i++) {
      const [a, b] = [row(exact, i), row(rounded, i)];
      const difference = Math.hypot(...a.map((x, k) => x - (b[k] as number))) / Math.hypot(...a);
      expect(difference).toBeGreaterThan(0);
      expect(difference).toBeLessThan(0.1);
    }
  });
});
