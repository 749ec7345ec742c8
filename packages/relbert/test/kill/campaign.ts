/** SIGKILL at random moments of the commands that write files: nothing is lost, and the next start leaves no litter. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../src/data/random.ts';
import { formatRelationLines } from '../../src/data/relation-set.ts';
import { builtCommand } from '../cli/built-command.ts';
import { tinyModel } from '../cli/command.ts';
import { wordRelations } from '../search/model.ts';
import { indexVictims } from './index-victims.ts';

/** A command that is killed again and again. */
export interface Victim {
  readonly name: string;
  /** @param attempt from 0: the same command can write something else each time */
  args(output: string, attempt: number): string[];
  /** Given when the command is started again after a kill. */
  readonly again: readonly string[];
  /** What must be the same as after an undisturbed run: a digest of the results. */
  digest(output: string): string | Promise<string>;
  /** What must hold after every kill. @throws where it does not */
  check?(output: string): void | Promise<void>;
  /** Makes what the command changes; again after a run that came to its end. */
  prepare?(output: string): Promise<void>;
}

export interface CampaignOptions {
  readonly seed: number;
  /** Over all commands. */
  readonly kills: number;
  /** An empty folder. */
  readonly folder: string;
  /** Only commands whose name begins with this. Default: all. */
  readonly only?: string | undefined;
  readonly onKill?: (kill: string) => void;
}

/**
 * Runs the campaign and counts the kills of each command.
 * @throws Error that names the command and the seed where something was lost or is left over
 */
export async function killCampaign(options: CampaignOptions): Promise<ReadonlyMap<string, number>> {
  const { seed, kills, folder, only = '', onKill } = options;
  const random = new Random(seed);
  const victims = victimsIn(folder).filter(({ name }) => name.startsWith(only));
  const killed = new Map<string, number>();
  for (const [i, victim] of victims.entries()) {
    const share = Math.floor((kills * (i + 1)) / victims.length) - Math.floor((kills * i) / victims.length);
    const count = await kill(victim, share, random, folder, onKill).catch((error: unknown) => {
      throw new Error(`${victim.name}, seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
    });
    killed.set(victim.name, count);
  }
  return killed;
}

async function kill(
  victim: Victim,
  kills: number,
  random: Random,
  folder: string,
  onKill: CampaignOptions['onKill'],
): Promise<number> {
  const place = (name: string) => {
    const path = join(folder, `${victim.name.replace(' ', '-')}-${name}`);
    mkdirSync(path);
    return join(path, 'out');
  };
  const [whole, output] = [place('whole'), place('killed')];
  for (const path of [whole, output]) await victim.prepare?.(path);
  let start = performance.now();
  await run([...victim.args(whole, 0)], undefined);
  let duration = performance.now() - start;
  let killed = 0;
  for (let attempt = 1; killed < kills && attempt < 8 * kills; attempt++) {
    const more = existsSync(output) ? victim.again : [];
    // Files are written in the second half.
    const delay = duration * random.uniform(0.3, 1.1);
    start = performance.now();
    const done = await run([...victim.args(output, attempt), ...more], delay);
    await victim.check?.(output);
    if (done) {
      // The first run reads files that the system has at hand later.
      duration = Math.min(duration, performance.now() - start);
      await victim.prepare?.(output);
      continue;
    }
    killed++;
    onKill?.(`${victim.name}: killed after ${Math.round(delay)} ms`);
  }
  await run([...victim.args(output, 0), ...(existsSync(output) ? victim.again : [])], undefined);
  await victim.check?.(output);
  if ((await victim.digest(output)) !== (await victim.digest(whole)))
    throw new Error('the result is not that of an undisturbed run');
  const litter = readdirSync(join(output, '..'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(^|\/)\.[^/]*$/.test(name),
  );
  if (litter.length > 0) throw new Error(`left over: ${litter.join(', ')}`);
  return killed;
}

/** Runs the command; kills it after a delay. True where it came to its end. */
function run(args: readonly string[], delay: number | undefined): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [builtCommand(), ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const timer = delay === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), delay);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0 || signal === 'SIGKILL') resolve(code === 0);
      else reject(new Error(`exit code ${code}: ${errors}`));
    });
  });
}

function victimsIn(folder: string): Victim[] {
  const file = (name: string, content: string) => {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const relations = file('relations.jsonl', formatRelationLines(wordRelations(6, { positives: 5, negatives: 2 })));
  const pairs = [300, 200].map((count, i) =>
    file(`pairs${i}.tsv`, Array.from({ length: count }, (_, k) => `cat ${k}\tdog ${k % 7}\n`).join('')),
  );
  const question = {
    stem: ['cat', 'animal'],
    choice: [
      ['dog', 'animal'],
      ['tokyo', 'japan'],
    ],
    answer: 0,
  };
  file('data/analogy/u2/test.jsonl', `${JSON.stringify(question)}\n`);
  const model = ['--model', tinyModel, '--threads', '1'];
  const learning = [...model, '--data', relations, '--pooling', 'average'];
  const prompt = [...learning, '--begin', '1', '--middle', '1'];
  const digestOf =
    (...names: string[]) =>
    (output: string) =>
      names
        .map((name) =>
          createHash('sha256')
            .update(readFileSync(join(output, name)))
            .digest('hex'),
        )
        .join();
  const rows = (path: string) => Number(/\((\d+),/.exec(readFileSync(path).subarray(0, 200).toString('latin1'))?.[1]);
  return [
    ...indexVictims(folder, model),
    {
      name: 'distill',
      args: (output) => [
        ...['distill', ...learning, '--template', '<subj> <mask> <obj>', '--steps', '16', '--every', '2'],
        ...['--set', 'sampling.parts.*.positives=3', '--set', 'sampling.parts.*.negatives=1'],
        ...['--batch', '3', '--output', output],
      ],
      again: ['--resume'],
      digest: digestOf('model.safetensors', 'train-pairs.tsv', 'recipe.json'),
    },
    {
      name: 'embed',
      // Now the pairs of one file, now those of the other: new pairs beside old vectors differ in number.
      args: (output, attempt) => [
        ...['embed', ...model, '--format', 'npy', '--pairs', pairs[attempt % 2] as string],
        ...['--output', `${output}.npy`],
      ],
      again: [],
      digest: (output) => digestOf('out.npy', 'out.pairs.tsv')(join(output, '..')),
      check(output) {
        const [vectors, list] = [`${output}.npy`, `${output}.pairs.tsv`];
        if (!existsSync(vectors) || !existsSync(list)) return;
        const lines = readFileSync(list, 'utf8').trimEnd().split('\n').length;
        if (rows(vectors) !== lines) throw new Error(`${lines} pairs beside ${rows(vectors)} vectors`);
      },
    },
    {
      name: 'export',
      args: (output) => ['export', '--model', tinyModel, '--output', `${output}.onnx`],
      again: [],
      digest: (output) => digestOf('out.onnx')(join(output, '..')),
    },
    {
      name: 'report',
      args: (output) => [
        ...['report', ...model, '--data', join(folder, 'data'), '--only', 'analogy', '--output', output, '--overwrite'],
      ],
      again: [],
      digest(output) {
        const { models } = JSON.parse(readFileSync(join(output, 'report.json'), 'utf8'));
        const sizes = ['report.md', 'index.html'].map((name) => readFileSync(join(output, name)).length > 500);
        return JSON.stringify([models[0].analogy[0].accuracy, sizes]);
      },
      check(output) {
        const there = ['report.json', 'report.md', 'index.html'].filter((name) => existsSync(join(output, name)));
        if (there.length < 1) return;
        if (there.includes('report.json')) JSON.parse(readFileSync(join(output, 'report.json'), 'utf8'));
      },
    },
    {
      name: 'prompt search',
      args: (output) => ['prompt', 'search', ...prompt, '--iterations', '4', '--k', '5', '--output', output],
      again: ['--resume'],
      digest: digestOf('config.json'),
    },
    {
      name: 'prompt tune',
      args: (output) => ['prompt', 'tune', ...prompt, '--steps', '12', '--every', '3', '--output', output],
      again: ['--resume'],
      digest: digestOf('config.json'),
    },
  ];
}
