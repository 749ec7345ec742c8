/**
 * A checkpoint of RoBERTa-large's size: 355 M parameters with random weights in float32, made in a temporary folder.
 *
 *   npm run bench:large -- [--pairs N] [--threads N] [--keep DIR] [--beside DIR] [--rounds 1]
 *
 * `--beside` runs another built checkout in turn; a row that it cannot run is left out.
 * Each row is a process of its own: seconds (start-up left out, except for `info`), peak memory, and it as a multiple of
 * the weights. PyTorch (PYTHON, default python3) encodes the same pairs in batches of like length.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, createWriteStream, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { safetensorsChunks } from '../../relbert/src/formats/safetensors-write.ts';
import { parameterCount, storedParameters } from '../../relbert/src/models/encoder.ts';
import { parseEncoderConfig } from '../../relbert/src/models/registry.ts';
import { runPython } from './python.ts';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '64' },
    threads: { type: 'string', default: '2' },
    keep: { type: 'string' },
    beside: { type: 'string' },
    rounds: { type: 'string', default: '1' },
  },
});
const relbert = fileURLToPath(new URL('../../relbert/', import.meta.url));
const tokenizer = fileURLToPath(new URL('../../relbert-minilm-l6/', import.meta.url));
const json = {
  ...{ model_type: 'roberta', architectures: ['RobertaModel'], vocab_size: 50265, hidden_size: 1024 },
  ...{ num_hidden_layers: 24, num_attention_heads: 16, intermediate_size: 4096, hidden_act: 'gelu' },
  ...{ layer_norm_eps: 1e-5, max_position_embeddings: 514, type_vocab_size: 1, pad_token_id: 1 },
};
const parameters = storedParameters(parseEncoderConfig(json));
const weights = parameterCount(parameters) * 4;
const folder = values.keep ?? mkdtempSync(join(tmpdir(), 'relbert-large-'));
if (!existsSync(join(folder, 'model.safetensors'))) await makeCheckpoint();

async function makeCheckpoint(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(json));
  for (const name of ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json']) {
    cpSync(join(tokenizer, name), join(folder, name));
  }
  const tensors = parameters.map(({ name, shape }, index) => ({
    ...{ name, shape, type: 'F32' as const },
    data: async () => {
      const norm = name.endsWith('LayerNorm.weight');
      // No two alike: ONNX Runtime keeps equal weights once.
      let state = Math.imul(index + 1, 0x9e3779b1);
      const data = new Float32Array(parameterCount([{ shape }]));
      for (let i = 0; i < data.length; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        data[i] = norm ? 1 : state / 2 ** 31 / 20;
      }
      return data;
    },
  }));
  await pipeline(Readable.from(safetensorsChunks(tensors)), createWriteStream(join(folder, 'model.safetensors')));
}

interface Figures {
  readonly seconds: number;
  /** Bytes. */
  readonly peak: number;
  readonly rate?: number;
}

const report =
  'process.once("exit",()=>console.error(JSON.stringify({wall:performance.now()/1000,peak:process.resourceUsage().maxRSS*1024})))';

function measured(args: readonly string[]): Figures {
  const env = { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(report)}` };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const { wall, peak } = JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as { wall: number; peak: number };
  const inside = stdout.startsWith('{"seconds"')
    ? (JSON.parse(stdout) as { seconds: number; rate?: number })
    : undefined;
  return { seconds: wall, peak, ...inside };
}

const words = ['Tokyo', 'barista', 'unhappiness', 'dog', 'photosynthesis', 'word', 'Paris', 'microphone'];
const pairs = Array.from({ length: Number(values.pairs) }, (_, i) => [
  words[i % 8] as string,
  words[(i * 3 + Math.floor(i / 8)) % 8] as string,
]);

/** The package's folder in each checkout. */
const checkouts: readonly (readonly [name: string, folder: string])[] = [
  ...(values.beside === undefined ? [] : [['beside', join(resolve(values.beside), 'packages/relbert')] as const]),
  ['here', relbert],
];

/** Loads, and encodes where pairs are given. */
function load(
  checkout: string,
  options: object,
  { encoded = [], from = folder }: { encoded?: readonly (readonly string[])[]; from?: string } = {},
): Figures {
  const code = `
    import { RelationEncoder } from ${JSON.stringify(join(checkout, 'dist/index.js'))};
    let start = performance.now();
    const encoder = await RelationEncoder.load(${JSON.stringify(from)}, ${JSON.stringify(options)});
    const seconds = (performance.now() - start) / 1000;
    const pairs = ${JSON.stringify(encoded)};
    await encoder.encode(pairs.slice(0, 2));
    start = performance.now();
    await encoder.encode(pairs);
    console.log(JSON.stringify({ seconds, rate: pairs.length / ((performance.now() - start) / 1000) }));
    await encoder.dispose();`;
  return measured(['--input-type=module', '--eval', code]);
}

const settings = { template: 'a', pooling: 'average_no_mask', threads: Number(values.threads) };
const bin = (checkout: string) => join(checkout, 'bin/relbert.js');
const exported = join(folder, 'int8');
if (!existsSync(exported)) {
  measured([
    bin(relbert),
    'export',
    '--model',
    folder,
    '--format',
    'safetensors',
    '--dtype',
    'int8',
    '--output',
    exported,
  ]);
}
const int8 = { ...settings, dtype: 'int8' };
const rows: readonly (readonly [string, (checkout: string) => Figures])[] = [
  ['relbert info', (checkout) => measured([bin(checkout), 'info', '--model', folder])],
  ['load, f32', (checkout) => load(checkout, settings)],
  ['load, f32, quickStart', (checkout) => load(checkout, { ...settings, quickStart: true, worker: false })],
  ['load, int8', (checkout) => load(checkout, int8)],
  ['load, int8 as exported', (checkout) => load(checkout, int8, { from: exported })],
  ['load and encode, f32', (checkout) => load(checkout, settings, { encoded: pairs })],
  ['the same with quickStart', (checkout) => load(checkout, { ...settings, quickStart: true }, { encoded: pairs })],
  ['load and encode, int8', (checkout) => load(checkout, int8, { encoded: pairs })],
];
console.log(`${(weights / 1e9).toFixed(2)} GB of weights, ${pairs.length} pairs, ${values.threads} threads\n`);
console.log('| what | s | peak MB | x weights | pairs / s |\n| --- | --: | --: | --: | --: |');
const turns = Array.from({ length: Number(values.rounds) }, () => checkouts).flat();
for (const [name, run] of rows) {
  for (const [checkout, root] of turns) {
    const figures = figuresOf(() => run(root), checkout);
    if (!figures) continue;
    const { seconds, peak, rate } = figures;
    const shown = rate ? rate.toFixed(1) : '';
    console.log(
      `| ${name}, ${checkout} | ${seconds.toFixed(2)} | ${(peak / 1e6).toFixed(0)} | ${(peak / weights).toFixed(2)} | ${shown} |`,
    );
  }
}

/** undefined: an older checkout does not have it. */
function figuresOf(run: () => Figures, checkout: string): Figures | undefined {
  try {
    return run();
  } catch (error) {
    if (checkout === 'here') throw error;
    return undefined;
  }
}

const pairsFile = join(folder, 'pairs.tsv');
writeFileSync(pairsFile, pairs.map((pair) => `${pair.join('\t')}\n`).join(''));
const python = JSON.parse(runPython('encode.py', [folder, pairsFile, values.threads, 'torch-f32'])) as {
  readonly seconds?: number;
  readonly missing?: string;
};
console.log(
  python.seconds === undefined
    ? `\nskipped: PyTorch (${python.missing})`
    : `| PyTorch f32, length buckets | | | | ${(pairs.length / python.seconds).toFixed(1)} |`,
);
if (values.keep === undefined) rmSync(folder, { recursive: true });
