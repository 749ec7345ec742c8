import { afterEach, expect, it } from 'vitest';
import { RuntimeError } from '../../src/runtime/error.ts';
import type { Runtime, TensorValues } from '../../src/runtime/session.ts';
import { serveSessions, sessionPool } from '../../src/web/session-pool.ts';

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

/** A pool of workers in this thread; a run answers with its worker once `release` is called. */
function pool({ withoutMemory, silent = [] }: { withoutMemory?: number; silent?: readonly number[] } = {}) {
  const log: string[] = [];
  const waiting: (() => void)[] = [];
  const runtimeOf = (worker: number): Runtime => ({
    ...{ name: 'web', operators: 'plain', mapsFiles: false },
    async createSession(model) {
      if (worker === withoutMemory) throw new RuntimeError('out of memory');
      log.push(`worker ${worker} loads ${model.length} bytes`);
      return {
        device: 'wasm',
        async run({ x }) {
          log.push(`worker ${worker} runs ${x?.data[0]}`);
          await new Promise<void>((resolve) => waiting.push(resolve));
          if (x?.data[0] === 13) throw new RuntimeError('the graph failed');
          return { worker: { dtype: 'int32', shape: [1], data: Int32Array.of(worker) } };
        },
        async dispose() {
          log.push(`worker ${worker} ends`);
        },
        async [Symbol.asyncDispose]() {},
      };
    },
    async dispose() {},
    async [Symbol.asyncDispose]() {},
  });
  const ends = [0, 1].map((worker) => {
    const { port1, port2 } = new MessageChannel();
    ports.push(port1, port2);
    if (!silent.includes(worker)) serveSessions(port1, runtimeOf(worker));
    return port2;
  });
  const release = () => {
    for (const resume of waiting.splice(0)) resume();
  };
  return { runtime: sessionPool(ends), log, release };
}

const inputs = (x: number): TensorValues => ({ x: { dtype: 'int32', shape: [1], data: Int32Array.of(x) } });
const until = async (log: readonly string[], count: number): Promise<void> => {
  while (log.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
};

it('a graph is loaded in a second worker once the first is busy, and then runs go to the one that is free', async () => {
  const { runtime, log, release } = pool();
  const session = await runtime.createSession(new Uint8Array(3));
  expect(session.parallel).toBe(2);
  const alone = session.run(inputs(1));
  await until(log, 2);
  release();
  expect((await alone)['worker']?.data).toEqual(Int32Array.of(0));
  expect(log).toEqual(['worker 0 loads 3 bytes', 'worker 0 runs 1']);

  const first = [session.run(inputs(2)), session.run(inputs(3))];
  await until(log, 5);
  const third = session.run(inputs(4));
  await until(log, 6);
  expect(log.slice(2).toSorted()).toEqual([
    'worker 0 runs 2',
    'worker 0 runs 3',
    'worker 1 loads 3 bytes',
    'worker 1 runs 4',
  ]);
  release();
  expect((await Promise.all([...first, third])).map((result) => result['worker']?.data[0])).toEqual([0, 0, 1]);
  await session.dispose();
  expect(log.slice(6)).toEqual(['worker 0 ends', 'worker 1 ends']);
  await expect(session.run(inputs(5))).rejects.toThrow('its session was disposed');
});

it('a failure is that of its run and keeps its class; without memory for a second session the first does all', async () => {
  const { runtime, log, release } = pool({ withoutMemory: 1 });
  const session = await runtime.createSession(new Uint8Array(3));
  const runs = [13, 1, 2].map((x) => session.run(inputs(x)).catch((error: unknown) => error));
  await until(log, 4);
  release();
  const [failed, ...others] = await Promise.all(runs);
  expect(failed).toBeInstanceOf(RuntimeError);
  expect(others).toEqual([1, 2].map(() => ({ worker: { dtype: 'int32', shape: [1], data: Int32Array.of(0) } })));
  await session.dispose();
  expect(log.at(-1)).toBe('worker 0 ends');
});

it('a worker that does not start is left out, the first one too; without any the graph is not loaded', async () => {
  const started = async (silent: readonly number[]) => {
    const { runtime, log, release } = pool({ silent });
    const opening = runtime.createSession(new Uint8Array(3));
    for (const worker of silent) runtime.lose(worker, new RuntimeError(`worker ${worker} cannot be loaded`));
    return { session: await opening, log, release };
  };
  for (const [lost, other] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const { session, log, release } = await started([lost]);
    const runs = [session.run(inputs(1)), session.run(inputs(2))];
    await until(log, 3);
    release();
    expect((await Promise.all(runs)).map(({ worker }) => worker?.data[0])).toEqual([other, other]);
    await session.dispose();
    expect(log.at(-1)).toBe(`worker ${other} ends`);
  }
  await expect(started([0, 1])).rejects.toThrow('worker 1 cannot be loaded');
});

it('what a lost worker was running is run by the other, which loads the graph for it', async () => {
  const few = pool();
  const one = await few.runtime.createSession(new Uint8Array(3));
  const only = one.run(inputs(1));
  await until(few.log, 2);
  few.runtime.lose(0, new RuntimeError('worker 0 has ended'));
  await until(few.log, 4);
  few.release();
  expect((await only)['worker']?.data[0]).toBe(1);
  await one.dispose();

  const { runtime, log, release } = pool();
  const session = await runtime.createSession(new Uint8Array(3));
  const runs = [session.run(inputs(1)), session.run(inputs(2))];
  await until(log, 4);
  runtime.lose(0, new RuntimeError('worker 0 has ended'));
  await until(log, 6);
  release();
  expect((await Promise.all(runs)).map(({ worker }) => worker?.data[0])).toEqual([1, 1]);
  runtime.lose(1, new RuntimeError('worker 1 has ended'));
  await expect(session.run(inputs(3))).rejects.toThrow('worker 1 has ended');
  await session.dispose();
});
