import { describe, expect, it } from 'vitest';
import { littleEndianBytes, NPY_HEADER_BYTES, npyHeader, npyRows } from '../../src/formats/npy.ts';

// Written by numpy 2: np.save of float32 [[1.5, -2, 3.25], [0.1, 1e-30, -0.0]], float64 [1, 2.5], float32 zeros (0, 4).
const matrix =
  'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAMA/AAAAwAAAUEDNzMw9YEKiDQAAAIA=';
const doubles =
  'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAADwPwAAAAAAAARA';
const empty =
  'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDAsIDQpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo=';
const bytes = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'));

async function rows(file: Uint8Array) {
  const blocks: { data: Float32Array; shape: readonly [number, number] }[] = [];
  for await (const block of npyRows([file], 'x.npy', 100)) blocks.push(block);
  return blocks;
}

describe('npy', () => {
  it('writes the bytes that numpy writes', () => {
    const data = Float32Array.from([1.5, -2, 3.25, 0.1, 1e-30, -0]);
    expect(Buffer.concat([npyHeader([2, 3]), littleEndianBytes(data)])).toEqual(Buffer.from(matrix, 'base64'));
    expect(Buffer.from(npyHeader([0, 4]))).toEqual(Buffer.from(empty, 'base64'));
  });

  it('reads them back', async () => {
    const [block] = await rows(bytes(matrix));
    expect(block?.shape).toEqual([2, 3]);
    expect(block?.data).toEqual(Float32Array.from([1.5, -2, 3.25, 0.1, 1e-30, -0]));
    expect(await rows(bytes(empty))).toEqual([]);
  });

  it('has a header of the same length whatever the shape', () => {
    for (const shape of [[0, 1], [123_456_789_012, 1024], [7]]) {
      const header = npyHeader(shape);
      expect(header.length).toBe(NPY_HEADER_BYTES);
      expect(new TextDecoder().decode(header.subarray(10))).toContain(`(${shape.join(', ')}${shape[1] ? '' : ','})`);
    }
  });

  it('says what is wrong with a file', async () => {
    const refused = (file: Uint8Array, message: string) => expect(rows(file)).rejects.toThrow(`x.npy: ${message}`);
    await refused(bytes(matrix).subarray(0, -1), 'cut off: its header says 2 rows, 1 are there');
    await refused(bytes(matrix).subarray(0, 40), 'the header is cut off');
    await refused(bytes(matrix).subarray(0, 8), 'the header is cut off');
    await refused(new TextEncoder().encode('word 1 2 3 4 5 6'), 'not a NumPy array file');
    const patched = (from: string, to: string): Uint8Array =>
      Uint8Array.from(Buffer.from(Buffer.from(matrix, 'base64').toString('latin1').replace(from, to), 'latin1'));
    await refused(patched('<f4', '<i4'), 'holds values of type <i4; expected <f4');
    await refused(patched('False', 'True '), 'stored in Fortran order');
    await refused(patched('(2, 3)', '(6,)  '), 'holds an array of shape [6]; expected a matrix');
    await refused(bytes(doubles), 'holds an array of shape [2]');
    // a header of no length at all
    await refused(Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 0, 0, 1, 2, 3), 'the header is not one of');
  });

  it('refuses a shape that is none', () => {
    expect(() => npyHeader([-1, 2])).toThrow('-1 is not the size');
    expect(() => npyHeader([1.5])).toThrow('1.5 is not the size');
  });
});
