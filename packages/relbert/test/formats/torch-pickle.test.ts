import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { unzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { CheckpointError } from '../../src/formats/checkpoint-error.ts';
import { floatToHalf } from '../../src/formats/half-float.ts';
import { weightsOf } from '../../src/formats/tensor-store.ts';
import { openTorchPickle } from '../../src/formats/torch-pickle.ts';

const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`../fixtures/checkpoint/${name}`, import.meta.url))));

/** Written by packages/reproduction/parity/checkpoints.py. */
interface Golden {
  readonly tensors: Readonly<Record<string, { readonly shape: number[]; readonly values: number[] }>>;
  readonly half: { readonly float32: number[]; readonly float16: number[] };
}
const golden = JSON.parse(new TextDecoder().decode(fixture('golden.json'))) as Golden;

const failureOf = (bytes: Uint8Array): unknown => {
  try {
    return openTorchPickle('folder/pytorch_model.bin', bytes);
  } catch (error) {
    return error;
  }
};

/** A zip archive as torch.save lays it out, around any pickle. */
const archive = (program: readonly (number | string)[], storages: Record<string, Uint8Array> = {}): Uint8Array =>
  zipSync(
    {
      'archive/data.pkl': Uint8Array.from(
        program.flatMap((part) => (typeof part === 'string' ? [...new TextEncoder().encode(part)] : [part])),
      ),
      ...Object.fromEntries(Object.entries(storages).map(([key, data]) => [`archive/data/${key}`, data])),
    },
    { level: 0 },
  );

describe('pytorch_model.bin', () => {
  it.each(['zip.bin', 'legacy.bin', 'training.bin'])('%s holds what PyTorch put there', async (name) => {
    const weights = weightsOf('folder', openTorchPickle('folder/pytorch_model.bin', fixture(name)));
    for (const [tensor, { shape, values }] of Object.entries(golden.tensors)) {
      expect(weights.shape(tensor), tensor).toEqual(shape);
      expect([...(await weights.get(tensor)).data], tensor).toEqual([...new Float32Array(values)]);
    }
    expect(weights.names).toEqual(expect.arrayContaining(['embeddings.position_ids', 'flag']));
    expect(weights.store.get('layer.weight')?.type).toBe('F16');
    expect(weights.store.get('layer.bias')?.type).toBe('BF16');
    expect(weights.names).not.toContain('_metadata');
  });

  it('the format before PyTorch 1.6 is read wherever its bytes lie, in a Buffer too', async () => {
    for (let shift = 0; shift < 4; shift++) {
      const bytes = Buffer.concat([Buffer.alloc(shift), fixture('legacy.bin')]).subarray(shift);
      const weights = weightsOf('folder', openTorchPickle('folder/pytorch_model.bin', bytes));
      for (const [tensor, { values }] of Object.entries(golden.tensors)) {
        expect([...(await weights.get(tensor)).data], `${tensor}, shifted by ${shift}`).toEqual([
          ...new Float32Array(values),
        ]);
      }
    }
  });

  it('a storage is not unpacked beyond the size that its pickle announces', async () => {
    const entries = unzipSync(fixture('zip.bin'));
    const [key = ''] = Object.keys(entries).filter((name) => /\/data\/\d+$/.test(name));
    const bomb = zipSync({ ...entries, [key]: new Uint8Array(50_000_000) }, { level: 9 });
    const store = openTorchPickle('folder/pytorch_model.bin', bomb);
    const before = process.memoryUsage().arrayBuffers;
    const failures = await Promise.all(
      [...store.values()].map((tensor) =>
        tensor.bytes().then(
          () => undefined,
          (error: unknown) => String(error),
        ),
      ),
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20e6);
    expect(failures.filter((failure) => failure?.includes('has 50000000 bytes,'))).not.toEqual([]);
  });

  it('binary16 is rounded as NumPy rounds it', () => {
    const values = new Float32Array(new Uint32Array(golden.half.float32).buffer);
    expect([...floatToHalf(values)]).toEqual(golden.half.float16);
  });

  it.each([
    ['evil-system.bin', 'posix.system'],
    ['evil-eval.bin', '__builtin__.eval'],
    ['evil-load.bin', 'torch.storage._load_from_bytes'],
    ['evil-getattr.bin', '__builtin__.getattr'],
  ])('%s is refused and not run', (name, wanted) => {
    const failure = failureOf(fixture(name));
    expect(failure).toBeInstanceOf(CheckpointError);
    expect((failure as Error).message).toContain(`asks for ${wanted}`);
    expect((failure as Error).message).toContain('nothing in the file was run');
    expect(existsSync('relbert-was-here')).toBe(false);
  });

  // protocol 2 programs by hand: c = global, ( = mark, t = tuple, R = call, b = build, } ] ) = empty dict, list, tuple
  it.each<[string, readonly (number | string)[]]>([
    ['a global of this language', [0x80, 2, 'cprocess\nexit\n', ')R.']],
    ['a prototype name', [0x80, 2, 'cconstructor\nconstructor\n', ')R.']],
    ['torch.constructor', [0x80, 2, 'ctorch\nconstructor\n', ')R.']],
    ['new on an allowed function', [0x80, 2, 'ccollections\nOrderedDict\n', ')', 0x81, '.']],
    ['attributes set on an allowed function', [0x80, 2, 'ccollections\nOrderedDict\n', '}U\u0001aK\u0001sb.']],
    ['INST of an allowed function', ['(icollections\nOrderedDict\n.']],
    ['a call of data', [0x80, 2, 'K\u0001)R.']],
    ['a tensor of no storage', [0x80, 2, 'ctorch._utils\n_rebuild_tensor_v2\n', '(K\u0001K\u0000))tR.']],
    ['an unknown persistent id', [0x80, 2, 'U\u0001xQ.']],
    ['an extension code', [0x80, 2, 0x82, 1, '.']],
    ['a negative length', [0x80, 2, 'B', 0xf0, 0xff, 0xff, 0xff, '.']],
    ['a huge length', [0x80, 2, 'X', 0xff, 0xff, 0xff, 0x7f, '.']],
    ['no end', [0x80, 2, '}']],
    ['nothing', []],
    ['an unknown opcode', [0x80, 2, 0xff]],
    ['a list in place of a dictionary', [0x80, 2, '].']],
    ['an empty dictionary', [0x80, 2, '}.']],
    ['a prototype set through a key', [0x80, 2, '(U\u0009__proto__}d.']],
  ])('refuses a pickle with %s', (_, program) => {
    expect(failureOf(archive(program))).toBeInstanceOf(CheckpointError);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('says that a storage is missing or of the wrong size', async () => {
    const tensor = [
      ...[0x80, 2, '}X', 1, 0, 0, 0, 'w', 'ctorch._utils\n_rebuild_tensor_v2\n', '('],
      ...['(U\u0007storagectorch\nFloatStorage\nU\u00010U\u0003cpuK\u0002tQ', 'K\u0000K\u0002\u0085K\u0001\u0085'],
      ...[0x89, '}tRs.'],
    ];
    const program = tensor.flatMap((part) =>
      typeof part === 'string' ? [...part].map((c) => c.codePointAt(0) as number) : [part],
    );
    const get = (storages: Record<string, Uint8Array>): Promise<unknown> =>
      weightsOf('folder', openTorchPickle('model.bin', archive(program, storages))).get('w');
    expect(await get({ 0: new Uint8Array(new Float32Array([3, 4]).buffer) })).toMatchObject({ shape: [2] });
    await expect(get({})).rejects.toThrow('model.bin: storage 0 is missing from the archive');
    await expect(get({ 0: new Uint8Array(7) })).rejects.toThrow('storage 0 has 7 bytes, 8 were announced');
  });

  it('refuses empty files, garbage and other formats', () => {
    expect(String(failureOf(new Uint8Array()))).toContain('the file is empty');
    expect(String(failureOf(new Uint8Array(50).fill(7)))).toContain('not a file that torch.save wrote');
    expect(String(failureOf(new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\n')))).toContain(
      'Git LFS',
    );
    expect(String(failureOf(zipSync({ 'a.txt': new Uint8Array(1) })))).toContain('a zip archive without data.pkl');
    expect(String(failureOf(new Uint8Array([0x50, 0x4b, 3, 4, 0])))).toContain('damaged or cut off');
  });

  it.each(['zip.bin', 'legacy.bin'])(
    '%s cut off anywhere, or with any byte changed, gives a clear error',
    async (name) => {
      const good = fixture(name);
      for (let length = 0; length < good.byteLength; length += 7) {
        expect(failureOf(good.subarray(0, length)), `cut at ${length}`).toBeInstanceOf(CheckpointError);
      }
      for (let i = 0; i < good.byteLength; i++) {
        const bad = good.slice();
        bad[i] = (bad[i] as number) ^ 0x41;
        try {
          const weights = weightsOf('folder', openTorchPickle('x', bad));
          for (const tensor of weights.names) await weights.get(tensor);
        } catch (error) {
          expect(error, `byte ${i}: ${(error as Error).stack}`).toBeInstanceOf(CheckpointError);
        }
      }
    },
  );
});
