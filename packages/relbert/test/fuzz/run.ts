/** `npm run fuzz -- [--mutations 5000] [--seed N]`: the fuzz campaign in two processes, with its seed printed first. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Campaign, type Case, TIME_LIMIT } from './campaign.ts';

const PROCESSES = 2;

if (process.send) await serve();
else await lead();

/** Runs the mutations whose numbers come in. */
async function serve(): Promise<void> {
  const campaign = await Campaign.open(Number(process.argv[2]));
  process.on('message', async (number: number) => process.send?.(await campaign.run(number)));
  process.on('disconnect', () => {
    campaign[Symbol.dispose]();
    process.exit();
  });
  process.send?.(campaign.readers);
}

async function lead(): Promise<void> {
  const { values } = parseArgs({
    options: {
      mutations: { type: 'string', default: '5000' },
      seed: { type: 'string', default: String(Date.now() % 1e6) },
    },
  });
  console.log(`seed ${values.seed}`);
  const start = performance.now();
  const numbers = Array.from({ length: Number(values.mutations) }, (_, number) => number).values();
  const cases: Case[] = [];
  const counts: Record<string, number> = {};
  const done = (found: Case): void => {
    cases.push(found);
    counts[found.outcome.kind] = (counts[found.outcome.kind] ?? 0) + 1;
    if (found.outcome.kind !== 'defect') return;
    console.log(`${found.number} ${found.reader}: ${found.what}: ${found.outcome.problem}`);
  };
  await Promise.all(Array.from({ length: PROCESSES }, () => worker(values.seed, numbers, done)));
  const slowest = cases.reduce((a, b) => (a.seconds > b.seconds ? a : b));
  const summary = Object.entries(counts).map(([kind, count]) => `${kind} ${count}`);
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${cases.length} mutations in ${seconds.toFixed(0)} s: ${summary.join(', ')}; slowest ${slowest.seconds.toFixed(2)} s (${slowest.number} ${slowest.reader})`,
  );
  process.exitCode = counts['defect'] ? 1 : 0;
}

/** Gives numbers to a process; where it dies or hangs, the number is a defect and another process goes on. */
async function worker(seed: string, numbers: Iterator<number>, done: (found: Case) => void): Promise<void> {
  let number: number | undefined;
  let finished = false;
  while (!finished) {
    const child = fork(fileURLToPath(import.meta.url), [seed]);
    const problem = await new Promise<string | undefined>((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const next = (): void => {
        clearTimeout(timer);
        const { done: last, value } = numbers.next();
        number = value;
        if (last) {
          finished = true;
          resolve(undefined);
        } else {
          timer = setTimeout(() => resolve('hangs'), 4000 * TIME_LIMIT);
          child.send(value);
        }
      };
      child.on('message', (message: Case | string[]) => {
        if (!Array.isArray(message)) done(message);
        next();
      });
      child.on('exit', (code, signal) => resolve(`the process ended with ${signal ?? code}`));
    });
    end(child);
    if (problem !== undefined && number !== undefined) {
      done({ number, reader: '', what: '', seconds: 0, outcome: { kind: 'defect', problem } });
    }
  }
}

function end(child: ChildProcess): void {
  if (child.connected) child.disconnect();
  setTimeout(() => child.kill('SIGKILL'), 2000).unref();
}
