/**
 * `relbert serve` under load, in processes of its own, with the embedded model. Each answer is compared with the library.
 *
 *   npm run bench:server -- [--part batching,requests,overload] [--requests 100000] [--seconds 60] [--threads 1] [--pin]
 *
 * `--pin` keeps this client on the last processor, and server and worker on the others (taskset, Linux).
 *
 * - batching: 64 single pairs in flight, beside the same server without batches (`--batch-tokens 1`): pairs a CPU-second
 *   of server and worker together, p50;
 * - requests: many requests, 64 in flight: wrong answers, memory;
 * - overload: ten times as many requests a second as the server can answer, over at most 640 connections, for so many
 *   seconds: statuses, latencies beside those of the same requests one at a time just before, /health, and the lag of the
 *   server's event loop.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { RelationEncoder, row } from 'relbert';
import { type Answer, ask, closeConnections } from './http-connection.ts';

const { values } = parseArgs({
  options: {
    part: { type: 'string', default: 'batching,requests,overload' },
    requests: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '60' },
    threads: { type: 'string', default: '1' },
    pin: { type: 'boolean', default: false },
  },
});
const last = availableParallelism() - 1;
if (values.pin) execFileSync('taskset', ['-acp', `${last}`, `${process.pid}`], { stdio: 'ignore' });
const parts = values.part.split(',');
const inFlight = 64;
/** Requests of the overload at once. */
const mostConnections = 640;
/** Of values: batches of another shape give other last digits. */
const tolerance = 1e-4;
const words = 'sun moon tree leaf king queen paris france tokyo japan hand glove bird nest cup tea word page'.split(
  ' ',
);
const pairs = words.flatMap((head) => words.filter((tail) => tail !== head).map((tail) => [head, tail] as const));

interface Server {
  readonly port: number;
  readonly processes: readonly number[];
  stop(): Promise<number>;
}

async function startServer(...args: readonly string[]): Promise<Server> {
  const bin = fileURLToPath(new URL('../../relbert-server/bin/relbert-server.js', import.meta.url));
  const options = ['--port', '0', '--threads', values.threads, '--log-level', 'warn', ...args];
  const pinned = values.pin ? ['taskset', '-c', `0-${last - 1}`] : [];
  const [program, ...rest] = [...pinned, process.execPath, bin, ...options] as [string, ...string[]];
  const child: ChildProcess = spawn(program, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  while (!/listening on/.test(stderr)) {
    await Promise.race([once(child.stderr as NodeJS.ReadableStream, 'data'), once(child, 'exit')]);
    if (child.exitCode !== null) throw new Error(stderr);
  }
  const port = Number(/listening on http:\S+:(\d+)/.exec(stderr)?.[1]);
  const { worker } = (await (await fetch(`http://127.0.0.1:${port}/ready`)).json()) as { readonly worker: number };
  return {
    port,
    processes: [child.pid as number, worker],
    async stop() {
      closeConnections();
      child.kill('SIGTERM');
      const [code] = await once(child, 'exit');
      return code as number;
    },
  };
}

/** CPU seconds that processes have used; Linux. */
function cpuSeconds(processes: readonly number[]): number {
  return processes.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) / 100;
  }, 0);
}

function megabytes(processes: readonly number[]): number {
  return processes.reduce((sum, pid) => {
    return sum + Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  }, 0);
}

const bodyOf = (i: number): string => JSON.stringify({ pairs: [pairs[i % pairs.length]] });

/** `count` single pairs, so many at once. */
async function load(port: number, count: number, atOnce: number, onAnswer: (answer: Answer, i: number) => void) {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++) onAnswer(await ask(port, '/v1/embed', bodyOf(i)), i);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

function quantile(times: readonly number[], share: number): number {
  return [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] as number;
}

/** The bound of the server's histogram below which such a share of its answers to /v1/embed lies, of those since `before`. */
function within(before: string, after: string, share: number): number {
  const [earlier, later] = [before, after].map((metrics) => [
    ...metrics.matchAll(/^relbert_http_request_duration_seconds_bucket\{le="([^"]+)",route="\/v1\/embed"\} (\d+)/gm),
  ]) as [RegExpExecArray[], RegExpExecArray[]];
  const counts = later.map(([, bound, count], i) => ({ bound, count: Number(count) - Number(earlier[i]?.[2]) }));
  const all = counts.at(-1)?.count ?? 0;
  return 1000 * Number(counts.find(({ count }) => count >= share * all)?.bound);
}

/** Pairs a CPU-second, and the median latency. */
async function throughput(server: Server, count: number, atOnce: number) {
  closeConnections();
  await load(server.port, 200, atOnce, () => {});
  const times: number[] = [];
  const cpu = cpuSeconds(server.processes);
  const start = performance.now();
  await load(server.port, count, atOnce, ({ status, time }) => {
    if (status !== 200) throw new Error(`status ${status}`);
    times.push(time);
  });
  const seconds = (performance.now() - start) / 1000;
  return {
    perCpu: count / (cpuSeconds(server.processes) - cpu),
    perSecond: count / seconds,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
  };
}

async function batching(): Promise<void> {
  const alone = await startServer('--batch-tokens', '1');
  const gathered = await startServer();
  console.log(`\n${inFlight} single pairs in flight, ${values.threads} threads\n`);
  console.log('| server | pairs a CPU-second | pairs a second | p50 ms | p99 ms |\n|---|--:|--:|--:|--:|');
  const results = [];
  for (const [name, server] of [
    ['a batch for each pair', alone],
    ['gathered', gathered],
  ] as const) {
    const result = await throughput(server, 2000, inFlight);
    results.push(result);
    const { perCpu, perSecond, p50, p99 } = result;
    console.log(`| ${name} | ${perCpu.toFixed(0)} | ${perSecond.toFixed(0)} | ${p50.toFixed(0)} | ${p99.toFixed(0)} |`);
  }
  const [before, after] = results;
  if (before && after) {
    const ratio = after.perCpu / before.perCpu;
    console.log(`\n${ratio.toFixed(2)} times the pairs a CPU-second, p50 ${(after.p50 / before.p50).toFixed(2)} times`);
  }
  await alone.stop();
  await gathered.stop();
}

async function requests(count: number): Promise<void> {
  const encoder = await RelationEncoder.load('embedded', { worker: false, threads: 1 });
  const expected = await encoder.encode(pairs);
  const server = await startServer();
  const statuses = new Map<number, number>();
  const memory: number[] = [];
  let [wrong, done] = [0, 0];
  await load(server.port, count, inFlight, ({ status, text }, i) => {
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status === 200) {
      const { embeddings } = JSON.parse(text) as { readonly embeddings: readonly (readonly number[])[] };
      const right = row(expected, i % pairs.length);
      const same =
        embeddings.length === 1 && right.every((x, d) => Math.abs(x - (embeddings[0]?.[d] ?? NaN)) < tolerance);
      if (!same) wrong++;
    }
    if (++done % Math.ceil(count / 10) === 0) memory.push(Math.round(megabytes(server.processes)));
  });
  console.log(
    `\n${count} requests, ${inFlight} in flight: statuses ${JSON.stringify(Object.fromEntries(statuses))}, ${wrong} wrong`,
  );
  console.log(`MB of server and worker after each tenth: ${memory.join(' ')}`);
  console.log(`the server ended with ${await server.stop()}`);
  await encoder.dispose();
}

async function overload(seconds: number): Promise<void> {
  const server = await startServer();
  const calm: number[] = [];
  await load(server.port, 100, 1, () => {});
  await load(server.port, 1000, 1, ({ time }) => calm.push(time));
  const { perSecond } = await throughput(server, 1500, inFlight);
  const rate = 10 * perSecond;
  const p99Calm = quantile(calm, 0.99);
  console.log(
    `\nunloaded: p50 ${quantile(calm, 0.5).toFixed(1)} ms, p99 ${p99Calm.toFixed(1)} ms; ${perSecond.toFixed(0)} pairs a second at most`,
  );
  const health: number[] = [];
  let healthy = true;
  let running = true;
  const probe = (async () => {
    while (running) {
      const { status, time } = await ask(server.port, '/health');
      healthy &&= status === 200;
      health.push(time);
      await pause(100);
    }
  })();
  const before = (await ask(server.port, '/metrics')).text; // begins a new measurement of the event loop
  const statuses = new Map<number, number>();
  const times: number[] = [];
  const pending: Promise<void>[] = [];
  let [waiting, held] = [0, 0];
  const start = performance.now();
  const own = process.cpuUsage();
  const late = monitorEventLoopDelay({ resolution: 1 });
  late.enable();
  const served = cpuSeconds(server.processes);
  for (let sent = 0; performance.now() - start < seconds * 1000; ) {
    const due = ((performance.now() - start) / 1000) * rate;
    for (; sent < due; sent++) {
      if (waiting >= mostConnections) {
        held++;
        continue;
      }
      waiting++;
      pending.push(
        ask(server.port, '/v1/embed', bodyOf(sent)).then(({ status, time }) => {
          waiting--;
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          if (status === 200) times.push(time);
        }),
      );
    }
    await pause(1);
  }
  await Promise.all(pending);
  const { user, system } = process.cpuUsage(own);
  const cpu = cpuSeconds(server.processes) - served;
  running = false;
  await probe;
  const metrics = (await ask(server.port, '/metrics')).text;
  const lag = 1000 * Number(/^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(metrics)?.[1]);
  const p99 = quantile(times, 0.99);
  console.log(
    `overload: ${(pending.length / seconds).toFixed(0)} requests a second for ${seconds} s, statuses ${JSON.stringify(Object.fromEntries(statuses))}; ${held} more were due while ${mostConnections} connections waited`,
  );
  console.log(
    `those answered 200: p50 ${quantile(times, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${(p99 / p99Calm).toFixed(2)} times the unloaded p99`,
  );
  console.log(
    `/health ${healthy ? 'always' : 'NOT always'} 200, ${health.length} times, at most ${Math.max(...health).toFixed(0)} ms; event loop p99 ${lag.toFixed(1)} ms`,
  );
  console.log(
    `CPU seconds: ${cpu.toFixed(1)} server and worker, ${((user + system) / 1e6).toFixed(1)} this client; wall ${((performance.now() - start) / 1000).toFixed(1)} s`,
  );
  console.log(
    `of these the server took at most ${within(before, metrics, 0.99)} ms for 99 %; event loop of this client: p50 ${(late.percentile(50) / 1e6).toFixed(0)} ms, p99 ${(late.percentile(99) / 1e6).toFixed(0)} ms`,
  );
  console.log(`the server ended with ${await server.stop()}`);
}

if (parts.includes('batching')) await batching();
if (parts.includes('requests')) await requests(Number(values.requests));
if (parts.includes('overload')) await overload(Number(values.seconds));
