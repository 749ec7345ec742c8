import { describe, expect, it } from 'vitest';
import { littleEndianBytes, NPY_HEADER_BYTES, npyHeader, parseNpy } from '../../src/formats/npy.ts';

// Written by numpy 2: np.save of float32 [[1.5, -2, 3.25], [0.1, 1e-30, -0.0]], float64 [1, 2.5], float32 zeros (0, 4).
const matrix =
  'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAMA/AAAAwAAAUEDNzMw9YEKiDQAAAIA=';
const doubles =
  'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAADwPwAAAAAAAARA';
const empty =
  'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDAsIDQpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo=';
const bytes = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'));

describe('npy', () => {
  it('writes the bytes that numpy writes', () => {
    const data = Float32Array.from([1.5, -2, 3.25, 0.1, 1e-30, -0]);
    expect(Buffer.concat([npyHeader([2, 3]), littleEndianBytes(data)])).toEqual(Buffer.from(matrix, 'base64'));
    expect(Buffer.from(npyHeader([0, 4]))).toEqual(Buffer.from(empty, 'base64'));
  });

  it('reads them back', () => {
    const { shape, data } = parseNpy(bytes(matrix));
    expect(shape).toEqual([2, 3]);
    expect(data).toEqual(Float32Array.from([1.5, -2, 3.25, 0.1, 1e-30, -0]));
    expect(parseNpy(bytes(doubles))).toEqual({ shape: [2], data: Float32Array.from([1, 2.5]) });
    expect(parseNpy(bytes(empty))).toEqual({ shape: [0, 4], data: new Float32Array() });
  });

  it('has a header of the same length whatever the shape', () => {
    for (const shape of [[0, 1], [123_456_789_012, 1024], [7]]) {
      const header = npyHeader(shape);
      expect(header.length).toBe(NPY_HEADER_BYTES);
      expect(new TextDecoder().decode(header.subarray(10))).toContain(`(${shape.join(', ')}${shape[1] ? '' : ','})`);
    }
  });

  it('says what is wrong with a file', () => {
    const cut = bytes(matrix).subarray(0, -1);
    expect(() => parseNpy(cut, 'x.npy')).toThrow('x.npy: the shape [2, 3] needs 24 bytes of data, the file has 23');
    expect(() => parseNpy(bytes(matrix).subarray(0, 40), 'x.npy')).toThrow('x.npy: the header is cut off');
    expect(() => parseNpy(new TextEncoder().encode('word 1 2 3 4 5 6'), 'x.npy')).toThrow('not a NumPy array file');
    const patched = (from: string, to: string): Uint8Array =>
      Uint8Array.from(Buffer.from(Buffer.from(matrix, 'base64').toString('latin1').replace(from, to), 'latin1'));
    expect(() => parseNpy(patched('<f4', '<i4'), 'x.npy')).toThrow('values of type <i4; expected <f4');
    expect(() => parseNpy(patched('False', 'True '), 'x.npy')).toThrow('Fortran order');
  });

  it('refuses a shape that is none', () => {
    expect(() => npyHeader([-1, 2])).toThrow('-1 is no size');
    expect(() => npyHeader([1.5])).toThrow('1.5 is no size');
  });
});
