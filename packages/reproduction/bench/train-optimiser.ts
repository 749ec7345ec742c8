/**
 * The optimiser beside PyTorch's: one AdamW step over 22 M parameters in the tensors of MiniLM, gradients given.
 *
 *   tsx packages/reproduction/bench/train-optimiser.ts [--rounds 12]
 *
 * PyTorch runs with two threads, in its default form and with `fused=True`; this package's runs in one thread. Needs a
 * Python with torch (PYTHON, default python3). Target: at least 0.7 x the speed of the default form.
 */
import { parseArgs } from 'node:util';
import { Random } from '../../relbert/src/data/random.ts';
import { AdamW, type ParameterGradient } from '../../relbert/src/train/optimiser.ts';
import { runPython } from './python.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '12' } } });
const rounds = Number(values.rounds);
const layer = [...Array.from({ length: 4 }, () => 384 * 384), 384 * 1536, 1536 * 384];
const sizes = [30_522 * 384, ...Array.from({ length: 6 }, () => layer).flat()];

function relbert(): number[] {
  const random = new Random(1);
  const noise = Float32Array.from({ length: 384 * 1536 }, () => random.normal());
  const filled = (size: number) => Float32Array.from({ length: size }, (_, i) => noise[i % noise.length] as number);
  const optimiser = new AdamW(sizes.map((size, i) => ({ name: `p${i}`, data: filled(size) })));
  const gradients = new Map<string, ParameterGradient>(
    sizes.map((size, i) => [`p${i}`, { kind: 'dense', values: filled(size) }]),
  );
  return Array.from({ length: rounds }, () => {
    const start = performance.now();
    optimiser.step(gradients, 1e-4);
    return performance.now() - start;
  });
}

function pytorch(options: string): number[] {
  const script = `
import json, time, torch
torch.set_num_threads(2)
parameters = [torch.nn.Parameter(torch.randn(size)) for size in ${JSON.stringify(sizes)}]
for parameter in parameters:
    parameter.grad = torch.randn_like(parameter)
optimiser = torch.optim.AdamW(parameters, lr=1e-4${options})
times = []
for _ in range(${rounds}):
    start = time.perf_counter()
    optimiser.step()
    times.append(1000 * (time.perf_counter() - start))
print(json.dumps(times))`;
  return JSON.parse(runPython(script)) as number[];
}

const median = (times: readonly number[]): number =>
  times.slice(2).toSorted((a, b) => a - b)[(times.length - 2) >> 1] as number;
const rows = [
  ['relbert, one thread', relbert()],
  ['PyTorch, two threads', pytorch('')],
  ['PyTorch, two threads, fused', pytorch(', fused=True')],
] as const;
console.log('| | median ms | best ms |\n|---|---|---|');
for (const [name, times] of rows)
  console.log(`| ${name} | ${median(times).toFixed(1)} | ${Math.min(...times).toFixed(1)} |`);
const [ours, theirs] = [median(rows[0][1]), median(rows[1][1])];
console.log(`\n${(theirs / ours).toFixed(2)} x the speed of PyTorch's default (target 0.7)`);
