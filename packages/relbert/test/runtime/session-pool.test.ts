import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RuntimeError } from '../../src/runtime/error.ts';
import type { Session, TensorValues } from '../../src/runtime/session.ts';
import { PooledSession, type SessionHost } from '../../src/runtime/session-pool.ts';

// Time goes by as the tests say: on a busy machine a run would else take as long as loading.
beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

/** Hosts in this thread that take `load` milliseconds to load; a run answers with its host after as many as it is fed. */
function hosts({ count = 3, load = 0, broken }: { count?: number; load?: number; broken?: number } = {}) {
  const log: string[] = [];
  const lost: (Error | undefined)[] = [];
  const all = Array.from({ length: count }, (_, place): SessionHost => {
    const dispose = async () => {
      log.push(`${place} ends`);
    };
    return {
      get lost() {
        return lost[place];
      },
      async createSession() {
        await later(load);
        if (place === broken) throw new RuntimeError('out of memory');
        log.push(`${place} is loaded`);
        const run: Session['run'] = async ({ wait }) => {
          await later(wait?.data[0] as number);
          if (lost[place]) throw lost[place];
          return { host: { dtype: 'int32', shape: [1], data: Int32Array.of(place) } };
        };
        return { device: 'cpu', run, dispose, [Symbol.asyncDispose]: dispose };
      },
    };
  });
  return { all, log, lost };
}

const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
/** A result, after all timers that it waits for. */
async function settled<T>(result: Promise<T>): Promise<T> {
  await vi.runAllTimersAsync();
  return result;
}
const inputs = (wait: number): TensorValues => ({ wait: { dtype: 'int32', shape: [1], data: Int32Array.of(wait) } });
const graph = { model: new Uint8Array(3), options: {} };
/** The hosts of runs that were asked for together. */
const together = async (session: Session, count: number, wait = 5): Promise<unknown[]> => {
  const runs = Array.from({ length: count }, () => session.run(inputs(wait)));
  return (await settled(Promise.all(runs))).map(({ host }) => host?.data[0]);
};

it('the first session takes what comes alone; the others are loaded once runs have waited, and take what comes together', async () => {
  const { all, log } = hosts({ load: 20 });
  const session = await settled(PooledSession.open(all, graph, { firstAlone: true }));
  expect(await together(session, 1, 50)).toEqual([0]);
  expect(await together(session, 2, 1)).toEqual([0, 0]);
  await settled(later(50));
  expect(log).toEqual(['0 is loaded']); // not yet as long as loading takes
  expect(session.parallel).toBe(1);
  expect(await together(session, 2, 50)).toEqual([0, 0]);
  expect(await together(session, 2, 80)).toEqual([0, 0]);
  expect(log).toEqual(['0 is loaded', '1 is loaded', '2 is loaded']);
  expect(session.parallel).toBe(2);
  expect(await together(session, 5)).toEqual([0, 1, 2, 1, 2]);
  expect(await together(session, 1)).toEqual([0]);
  await session.dispose();
  expect(log.slice(3)).toEqual(['0 ends', '1 ends', '2 ends']);
  await expect(session.run(inputs(0))).rejects.toThrow('its session was disposed');
});

it('without memory for a further session those that are there compute', async () => {
  const { all, log } = hosts({ broken: 2 });
  const session = await settled(PooledSession.open(all, graph, { firstAlone: true }));
  for (let i = 0; i < 3; i++) await together(session, 2, 20);
  expect(log).toEqual(['0 is loaded', '1 is loaded']);
  expect(session.parallel).toBe(1);
  expect(await together(session, 3)).toEqual([0, 1, 1]);
  await session.dispose();
});

it('what a lost host was running is run by another', async () => {
  const { all, lost } = hosts();
  const session = await settled(PooledSession.open(all, graph, { firstAlone: true }));
  for (let i = 0; i < 3; i++) await together(session, 2, 20);
  const runs = [200, 200, 20].map((wait) => session.run(inputs(wait)));
  await vi.advanceTimersByTimeAsync(5);
  lost[2] = new RuntimeError('the thread has ended');
  expect((await settled(Promise.all(runs))).map(({ host }) => host?.data[0])).toEqual([0, 1, 1]);
  await session.dispose();
});
