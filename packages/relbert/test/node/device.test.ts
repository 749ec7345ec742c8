import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  availableDevices,
  devices,
  nodeRuntime,
  nodeWorkerRuntime,
  RelationEncoder,
  RuntimeError,
} from '../../src/index.ts';
import { spawnRelbert } from '../cli/built-command.ts';

const tiny = fileURLToPath(new URL('../fixtures/encoder/bert', import.meta.url));
const hideNative = fileURLToPath(new URL('hide-native.mjs', import.meta.url));
const pairs: [string, string][] = [
  ['cat', 'tail'],
  ['leaf', 'tree'],
];
const options = { template: '<subj> is the <mask> of <obj>', pooling: 'difference' } as const;

describe('a device', () => {
  it('is one that is there and computes itself, or an error that lists those that are', async () => {
    const there = await availableDevices();
    expect(there).toEqual(expect.arrayContaining(['cpu', 'wasm']));
    await using cpu = await RelationEncoder.load(tiny, { ...options, worker: false, device: 'cpu' });
    const { data } = await cpu.encode(pairs);
    for (const device of devices) {
      const loading = RelationEncoder.load(tiny, { ...options, worker: false, device });
      if (!there.includes(device)) {
        await expect(loading).rejects.toBeInstanceOf(RuntimeError);
        await expect(loading).rejects.toThrow(
          new RegExp(`'${device}' is not available here \\(.*available: .*cpu.*wasm`),
        );
        continue;
      }
      await using encoder = await loading;
      expect(encoder.info.device).toBe(device);
      const found = (await encoder.encode(pairs)).data;
      for (const [i, value] of data.entries()) expect(Math.abs(value - (found[i] as number))).toBeLessThan(1e-4);
    }
  });

  it('that nobody has heard of is refused with the near name', () => {
    for (const runtime of [nodeRuntime, nodeWorkerRuntime]) {
      expect(() => runtime({ device: 'webgp' as 'webgpu' })).toThrow("unknown device 'webgp' (did you mean webgpu?)");
    }
  });

  it('of the command is said by info', async () => {
    const info = await spawnRelbert(['info', '--model', tiny, '--device', 'wasm']);
    expect([info.code, info.stdout]).toEqual([0, expect.stringMatching(/runs on +wasm \(node\)/)]);
    const wrong = await spawnRelbert(['info', '--model', tiny, '--device', 'coreml']);
    const missing = process.platform !== 'darwin';
    if (missing) expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("'coreml' is not available")]);
  });
});

describe('without a native binary', () => {
  afterEach(() => {
    vi.doUnmock('onnxruntime-node');
    vi.resetModules();
  });

  it('auto computes the same on WASM; cpu says what is missing', async () => {
    await using native = await RelationEncoder.load(tiny, { ...options, worker: false });
    const { data } = await native.encode(pairs);
    vi.resetModules();
    vi.doMock('onnxruntime-node', () => {
      throw new Error("Cannot find module '../bin/napi-v6/linux/x64/onnxruntime_binding.node'");
    });
    const hidden = await import('../../src/index.ts');
    expect(await hidden.availableDevices()).toEqual(['wasm']);
    await using encoder = await hidden.RelationEncoder.load(tiny, { ...options, worker: false });
    expect(encoder.info.device).toBe('wasm');
    const found = (await encoder.encode(pairs)).data;
    for (const [i, value] of data.entries()) expect(Math.abs(value - (found[i] as number))).toBeLessThan(1e-5);
    await expect(hidden.RelationEncoder.load(tiny, { worker: false, device: 'cpu' })).rejects.toThrow(
      `onnxruntime-node cannot be loaded on ${process.platform}-${process.arch}`,
    );
  });

  it('the command embeds in its worker thread', async () => {
    const args = ['embed', 'cat:tail', '--model', tiny, '--template', options.template];
    const [native, hidden] = await Promise.all([
      spawnRelbert(args),
      spawnRelbert(args, { env: { ...process.env, NODE_OPTIONS: `--import ${hideNative}` } }),
    ]);
    expect([hidden.code, hidden.stderr]).toEqual([0, '']);
    const [a, b] = [native, hidden].map(({ stdout }) => (JSON.parse(stdout) as { embedding: number[] }).embedding);
    expect(a).toHaveLength(24);
    for (const [i, value] of (a as number[]).entries()) expect(value).toBeCloseTo((b as number[])[i] as number, 5);
  });
});
