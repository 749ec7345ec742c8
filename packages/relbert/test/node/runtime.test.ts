import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import { nodeWorkerRuntime } from '../../src/node/worker.ts';
import type { Runtime, Session, TensorValue } from '../../src/runtime/session.ts';
import { webRuntime } from '../../src/web/runtime.ts';

const x = g.input('x', 'float32', ['B', 3]);
const w = g.input('w', 'float32', [3, 400]);
const model = (): Uint8Array => g.serialize({ outputs: { y: g.mul(x, g.scalar(2)) } });
const fed = (...data: number[]): TensorValue => ({
  dtype: 'float32',
  shape: [data.length / 3, 3],
  data: Float32Array.from(data),
});

describe.each<[string, () => Runtime]>([
  ['node', nodeRuntime],
  ['node-worker', nodeWorkerRuntime],
  ['web', webRuntime],
])('runtime %s', (name, make) => {
  const runtime = make();
  afterAll(async () => runtime.dispose());

  it('says its name', () => {
    expect(runtime.name).toBe(name);
  });

  it('runs a graph again and again, on batches of any size', async () => {
    await using session = await runtime.createSession(model());
    expect((await session.run({ x: fed(1, 2, 3) }))['y']?.data).toEqual(Float32Array.of(2, 4, 6));
    const { y } = await session.run({ x: fed(1, 2, 3, 4, 5, 6), unused: fed(1, 2, 3) });
    expect(y?.shape).toEqual([2, 3]);
    expect(y?.data).toEqual(Float32Array.of(2, 4, 6, 8, 10, 12));
  });

  it('leaves inputs as they were, also parts of a larger buffer', async () => {
    await using session = await runtime.createSession(model());
    const all = Float32Array.of(0, 1, 2, 3, 0);
    const { y } = await session.run({ x: { dtype: 'float32', shape: [1, 3], data: all.subarray(1, 4) } });
    expect(y?.data).toEqual(Float32Array.of(2, 4, 6));
    expect(all).toEqual(Float32Array.of(0, 1, 2, 3, 0));
  });

  it('answers runs that were asked for at the same time', async () => {
    await using one = await runtime.createSession(model());
    await using two = await runtime.createSession(g.serialize({ outputs: { y: g.neg(x) } }));
    const results = await Promise.all([
      one.run({ x: fed(1, 1, 1) }),
      two.run({ x: fed(1, 1, 1) }),
      one.run({ x: fed(2, 2, 2) }),
    ]);
    expect(results.map(({ y }) => y?.data[0])).toEqual([2, -1, 4]);
  });

  it('takes weights beside the model, also views of one buffer', async () => {
    const outputs = { y: g.matMul(x, w) };
    const buffer = new Float32Array(2400).fill(0.5);
    const initializers = { w: buffer.subarray(1200) };
    const bytes = g.serialize({ outputs, initializers, external: true });
    await using session = await runtime.createSession(bytes, { initializers, threads: 1 });
    expect((await session.run({ x: fed(1, 2, 3) }))['y']?.data[399]).toBe(3);
  });

  it('reports bytes that are no model', async () => {
    const loading = runtime.createSession(Uint8Array.of(1, 2, 3, 4));
    await expect(loading).rejects.toMatchObject({
      name: 'RuntimeError',
      message: expect.stringContaining('cannot be loaded'),
    });
    await expect(loading).rejects.toHaveProperty('cause');
  });

  it('reports inputs that are missing or do not fit', async () => {
    await using session = await runtime.createSession(model());
    await expect(session.run({ z: fed(1, 2, 3) })).rejects.toMatchObject({
      name: 'RuntimeError',
      message: expect.stringMatching(/'x' is missing.*z/),
    });
    await expect(
      session.run({ x: { dtype: 'float32', shape: [1, 4], data: new Float32Array(4) } }),
    ).rejects.toMatchObject({ name: 'RuntimeError' });
    await expect(
      session.run({ x: { dtype: 'float32', shape: [2, 3], data: new Float32Array(4) } }),
    ).rejects.toMatchObject({ name: 'RuntimeError' });
    // It still works.
    expect((await session.run({ x: fed(1, 2, 3) }))['y']?.data[0]).toBe(2);
  });

  it('refuses to run what was disposed', async () => {
    const session = await runtime.createSession(model());
    await session.dispose();
    await session.dispose();
    await expect(session.run({ x: fed(1, 2, 3) })).rejects.toMatchObject({
      name: 'RuntimeError',
      message: expect.stringContaining('disposed'),
    });
  });
});

describe('the worker thread', () => {
  it('leaves the event loop free', async () => {
    const runtime = nodeWorkerRuntime();
    const size = 800;
    const a = g.input('a', 'float32', [size, size]);
    let y = a;
    // A billion operations each: long enough for many ticks on a fast processor, too.
    for (let i = 0; i < 40; i++) y = g.mul(g.matMul(y, a), g.scalar(1 / size));
    await using session = await runtime.createSession(g.serialize({ outputs: { y: g.reduceSum(y) } }), { threads: 1 });
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const data = new Float32Array(size * size).fill(1);
    await session.run({ a: { dtype: 'float32', shape: [size, size], data } });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(3);
    await runtime.dispose();
  });

  it('computes runs side by side where it may load copies of the graph, with the same results', async () => {
    const runtime = nodeWorkerRuntime();
    const initializers = { w: new Float32Array(1200).fill(0.5) };
    const bytes = g.serialize({ outputs: { y: g.matMul(x, w) }, initializers, external: true });
    await using session = await runtime.createSession(bytes, { initializers, threads: 2, copies: 2 });
    expect(session.parallel).toBe(1);
    const together = async () => {
      const results = await Promise.all([1, 2, 3].map((k) => session.run({ x: fed(k, k, k) })));
      expect(results.map(({ y }) => y?.data[399])).toEqual([1.5, 3, 4.5]);
    };
    while (session.parallel === 1) await together();
    expect(session.parallel).toBe(2);
    await together();
    await runtime.dispose();
    await expect(session.run({ x: fed(1, 2, 3) })).rejects.toThrow('ended');
  });

  it('ends with its scope', async () => {
    const sessions: Session[] = [];
    {
      await using runtime = nodeWorkerRuntime();
      sessions.push(await runtime.createSession(model()));
    }
    await expect(sessions[0]?.run({ x: fed(1, 2, 3) })).rejects.toThrow('ended');
  });

  it('ends with dispose, and starts again when it is needed', async () => {
    const runtime = nodeWorkerRuntime();
    const session = await runtime.createSession(model());
    const running = session.run({ x: fed(1, 2, 3) });
    await runtime.dispose();
    // What was asked before is answered.
    expect((await running)['y']?.data[0]).toBe(2);
    await expect(session.run({ x: fed(1, 2, 3) })).rejects.toMatchObject({
      name: 'RuntimeError',
      message: expect.stringContaining('ended'),
    });
    await session.dispose();
    await using again = await runtime.createSession(model());
    expect((await again.run({ x: fed(1, 2, 3) }))['y']?.data[0]).toBe(2);
    await runtime.dispose();
  });
});

describe('a process that exits while its thread computes', () => {
  it.each(['exit', 'signal', 'end'])('keeps its exit code (%s)', async (way) => {
    const script = fileURLToPath(new URL('exit-while-running.ts', import.meta.url));
    const tsx = createRequire(import.meta.url).resolve('tsx/cli');
    const child = spawn(process.execPath, [tsx, script, way], { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk) => (errors += chunk));
    const code = await new Promise((resolve) => child.on('exit', resolve));
    expect(errors).toBe('');
    expect(code).toBe(way === 'end' ? 0 : 130);
  });
});

describe('WebGPU', () => {
  it('is refused where there is none', () => {
    expect(() => webRuntime({ device: 'webgpu' })).toThrow(
      "device 'webgpu' is not available here (navigator.gpu is missing); available: wasm",
    );
  });
});
