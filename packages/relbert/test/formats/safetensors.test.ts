import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../src/formats/byte-source.ts';
import { CheckpointError } from '../../src/formats/checkpoint-error.ts';
import { openSafetensors, readSafetensorsHeader } from '../../src/formats/safetensors.ts';
import { safetensorsChunks, type TensorToWrite } from '../../src/formats/safetensors-write.ts';
import { weightsOf } from '../../src/formats/tensor-store.ts';

/** A file made by hand: whatever header and data one likes. */
function file(header: unknown, data = new Uint8Array(), length?: bigint): Uint8Array {
  const json = typeof header === 'string' ? header : JSON.stringify(header);
  const text = new TextEncoder().encode(json);
  const bytes = new Uint8Array(8 + text.byteLength + data.byteLength);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.byteLength), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.byteLength);
  return bytes;
}

const open = (bytes: Uint8Array) => openSafetensors(bytesSource('folder/model.safetensors', bytes));
const weights = async (bytes: Uint8Array) => weightsOf('folder', await open(bytes));

async function written(tensors: readonly TensorToWrite[]): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of safetensorsChunks(tensors)) chunks.push(chunk.slice());
  return new Uint8Array(Buffer.concat(chunks));
}

const f32 = (name: string, shape: readonly number[], values: readonly number[]): TensorToWrite => ({
  name,
  shape,
  type: 'F32',
  data: async () => new Float32Array(values),
});

describe('reading safetensors', () => {
  const twoTensors = {
    __metadata__: { format: 'pt' },
    a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
    b: { dtype: 'F16', shape: [1, 2], data_offsets: [8, 12] },
  };
  const data = new Uint8Array([...new Uint8Array(new Float32Array([1.5, -2]).buffer), 0x00, 0x3c, 0x00, 0xc0]);

  it('gives names, shapes, types and values', async () => {
    const bytes = file(twoTensors, data);
    expect((await readSafetensorsHeader(bytesSource('x', bytes))).metadata).toEqual({ format: 'pt' });
    const w = await weights(bytes);
    expect(w.names).toEqual(['a', 'b']);
    expect(w.shape('b')).toEqual([1, 2]);
    expect(w.shape('c')).toBeUndefined();
    expect([...(await w.get('a')).data]).toEqual([1.5, -2]);
    expect([...(await w.get('b')).data]).toEqual([1, -2]);
    expect(w).toMatchObject({ byteLength: 12, storedType: 'F32' });
    await expect(w.get('c')).rejects.toThrow('folder: there is no weight "c"');
  });

  it('views aligned data and copies data that is not aligned', async () => {
    for (const pad of [0, 1, 2, 3]) {
      const bytes = file(
        `${JSON.stringify({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } })}${' '.repeat(pad)}`,
      );
      const whole = new Uint8Array([...bytes, ...new Uint8Array(new Float32Array([Math.PI]).buffer)]);
      const { data } = await (await weights(whole)).get('a');
      expect(data[0]).toBe(Math.fround(Math.PI));
      expect(data.buffer === whole.buffer).toBe((whole.byteLength - 4) % 4 === 0);
    }
  });

  it('reads BF16 and F64, and leaves integers alone until they are asked for', async () => {
    const w = await weights(
      file(
        {
          bf: { dtype: 'BF16', shape: [1], data_offsets: [0, 2] },
          d: { dtype: 'F64', shape: [], data_offsets: [2, 10] },
          position_ids: { dtype: 'I64', shape: [1], data_offsets: [10, 18] },
        },
        new Uint8Array([0x80, 0x3f, ...new Uint8Array(new Float64Array([0.1]).buffer), 1, 0, 0, 0, 0, 0, 0, 0]),
      ),
    );
    expect((await w.get('bf')).data[0]).toBe(1);
    expect((await w.get('d')).data[0]).toBe(Math.fround(0.1));
    await expect(w.get('position_ids')).rejects.toThrow('"position_ids" is stored as I64; a weight is F32');
  });

  it('takes an empty tensor and a file without tensors', async () => {
    expect(
      (await (await weights(file({ e: { dtype: 'F32', shape: [0, 3], data_offsets: [0, 0] } }))).get('e')).data.length,
    ).toBe(0);
    expect((await weights(file({}))).names).toEqual([]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'refuses a weight that holds %d',
    async (bad) => {
      const w = await weights(await written([f32('layer.weight', [2, 2], [0, 1, bad, 3])]));
      await expect(w.get('layer.weight')).rejects.toThrow(`weight "layer.weight" [2, 2] holds ${bad} at element 2`);
    },
  );

  const entry = (dtype: unknown, shape: unknown, data_offsets: unknown) => ({ t: { dtype, shape, data_offsets } });
  const eight = new Uint8Array(8);
  it.each<[string, Uint8Array, string]>([
    ['an empty file', new Uint8Array(), 'the file is empty'],
    ['a few bytes', new Uint8Array(5), '5 bytes, fewer than its header length takes'],
    ['garbage', new Uint8Array(100).fill(0xa5), 'its header claims 11936128518282651045 bytes'],
    ['a header length beyond the file', file({}, eight, 1000n), 'its header claims 1000 bytes, the file has 10'],
    ['a header length of 2^63', file({}, eight, 2n ** 63n), 'its header claims 9223372036854775808 bytes'],
    ['a header length too short', file(entry('F32', [2], [0, 8]), eight, 20n), 'its header is not JSON'],
    ['a header length of zero', file({}, eight, 0n), 'does not start with "{"'],
    ['a header that is a list', file('[1]'), 'does not start with "{"'],
    [
      'a header that is not UTF-8',
      new Uint8Array([4, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0xfe, 0x7d]),
      'its header is not JSON',
    ],
    ['an HTML page', new TextEncoder().encode('<!doctype html><html></html>'), 'its header claims'],
    ['metadata that is not text', file({ __metadata__: { a: 1 } }), '"__metadata__"'],
    ['an entry that is no object', file({ t: 3 }), 'tensor "t": its header entry is not an object'],
    ['an unknown dtype', file(entry('F31', [2], [0, 8]), eight), 'unknown dtype "F31"; known are F64, F32'],
    ['a prototype name as dtype', file(entry('constructor', [2], [0, 8]), eight), 'unknown dtype "constructor"'],
    ['a negative dimension', file(entry('F32', [-2], [0, 8]), eight), 'its shape [-2] is not a list of whole numbers'],
    ['a fractional offset', file(entry('F32', [2], [0, 7.5]), eight), 'data_offsets [0,7.5]'],
    ['offsets that are backwards', file(entry('F32', [2], [8, 0]), eight), 'its data_offsets [8, 0] hold -8'],
    [
      'too few bytes for the shape',
      file(entry('F32', [3], [0, 8]), eight),
      'F32 [3] takes 12 bytes, its data_offsets [0, 8] hold 8',
    ],
    ['a shape whose product overflows', file(entry('F32', [2 ** 40, 2 ** 40], [0, 8]), eight), 'takes 4.8'],
    ['data that is cut off', file(entry('F32', [4], [0, 16]), eight), 'the file is cut off: tensor "t" ends at byte'],
    [
      'tensors that overlap',
      file({ a: entry('F32', [2], [0, 8]).t, b: entry('F32', [1], [4, 8]).t }, eight),
      'tensor "b" overlaps the tensor before it',
    ],
    ['a gap', file(entry('F32', [1], [4, 8]), eight), '4 bytes before tensor "t" belong to no tensor'],
    [
      'bytes after the last tensor',
      file(entry('F32', [1], [0, 4]), eight),
      '4 bytes after the last tensor belong to no tensor',
    ],
  ])('refuses %s', async (_, bytes, message) => {
    const failure = await open(bytes).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(CheckpointError);
    expect((failure as Error).message).toContain('folder/model.safetensors: ');
    expect((failure as Error).message).toContain(message);
  });

  it('survives any cut and any flipped byte of a good file', async () => {
    const good = await written([f32('b', [2, 3], [1, 2, 3, 4, 5, 6]), f32('a', [2], [7, 8])]);
    for (let length = 0; length < good.byteLength; length++) {
      await expect(open(good.subarray(0, length))).rejects.toBeInstanceOf(CheckpointError);
    }
    for (let i = 0; i < good.byteLength; i++) {
      const bad = good.slice();
      bad[i] = (bad[i] as number) ^ 0x5a;
      await open(bad).catch((error: unknown) => expect(error).toBeInstanceOf(CheckpointError));
    }
  });
});

it('types of tensors that no weight is read from do not matter, nor metadata of null', async () => {
  const types = { C64: 8, F8_E8M0: 1, F8_E4M3FNUZ: 1, F6_E2M3: 0.75, F6_E3M2: 0.75, F4: 0.5 };
  const header: Record<string, unknown> = { __metadata__: null };
  let end = 0;
  for (const [type, bytes] of Object.entries(types)) {
    header[type] = { dtype: type, shape: [2, 4], data_offsets: [end, end + 8 * bytes] };
    end += 8 * bytes;
  }
  header['w'] = { dtype: 'F32', shape: [1], data_offsets: [end, end + 4] };
  const data = new Uint8Array(end + 4);
  new DataView(data.buffer).setFloat32(end, 1.5, true);
  const read = await weights(file(header, data));
  expect([...(await read.get('w')).data]).toEqual([1.5]);
  await expect(read.get('F4')).rejects.toThrow('tensor "F4" is stored as F4; a weight is F32, F16, BF16 or F64');
});

describe('writing safetensors', () => {
  const tensors = [
    f32('z', [2], [1, 2]),
    { ...f32('a', [3], [0.1, 65504, -1e-8]), type: 'F16' as const },
    f32('m', [], [3]),
  ];

  it('reads back to the same bits', async () => {
    const w = await weights(await written(tensors));
    expect([...(await w.get('z')).data]).toEqual([1, 2]);
    expect([...(await w.get('m')).data]).toEqual([3]);
    expect([...(await w.get('a')).data]).toEqual([0.0999755859375, 65504, -0]);
  });

  it('gives the same bytes whatever the order, as the reference library lays them out', async () => {
    const bytes = await written(tensors);
    expect(await written([...tensors].reverse())).toEqual(bytes);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(new TextDecoder().decode(bytes.subarray(8, 8 + length)).trimEnd()).toBe(
      '{"__metadata__":{"format":"pt"},"m":{"dtype":"F32","shape":[],"data_offsets":[0,4]},' +
        '"z":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},"a":{"dtype":"F16","shape":[3],"data_offsets":[12,18]}}',
    );
  });

  it('keeps integer bytes as they are', async () => {
    const ids = new Uint8Array(new BigInt64Array([5n, -1n]).buffer);
    const store = await open(await written([{ name: 'ids', shape: [2], type: 'I64', data: async () => ids }]));
    expect(await store.get('ids')?.bytes()).toEqual(ids);
  });

  it('refuses what does not fit', async () => {
    await expect(written([{ ...f32('w', [1], [70000]), type: 'F16' }])).rejects.toThrow(
      'w: element 0 is 70000, beyond the largest f16',
    );
    await expect(written([f32('w', [3], [1])])).rejects.toThrow('w: F32 [3] takes 12 bytes, its data has 4');
    await expect(written([f32('w', [1], [1]), f32('w', [1], [1])])).rejects.toThrow('two tensors of this name');
  });
});
