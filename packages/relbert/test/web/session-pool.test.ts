import { afterEach, expect, it } from 'vitest';
import { RuntimeError } from '../../src/runtime/error.ts';
import type { Runtime, TensorValues } from '../../src/runtime/session.ts';
import { serveSessions, sessionPool } from '../../src/web/session-pool.ts';

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

/** A pool of workers in this thread; a run answers with its worker once `release` is called. */
function pool({ withoutMemory }: { withoutMemory?: number } = {}) {
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
  });
  const ends = [0, 1].map((worker) => {
    const { port1, port2 } = new MessageChannel();
    ports.push(port1, port2);
    serveSessions(port1, runtimeOf(worker));
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
  expect(runtime.parallel).toBe(2);
  const session = await runtime.createSession(new Uint8Array(3));
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
