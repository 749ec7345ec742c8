import { readFileSync } from 'node:fs';
import type { TensorData, TensorValue } from '../../src/runtime/session.ts';

/** Reads golden values: a second, short reader, so that these tests do not lean on the one that they help to check. */
export function readTensors(path: string | URL): ReadonlyMap<string, TensorValue> {
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const header: unknown = JSON.parse(bytes.subarray(8, 8 + length).toString('utf8'));
  const entries = Object.entries(header as Record<string, { dtype: string; shape: number[]; data_offsets: number[] }>);
  return new Map(
    entries
      .filter(([name]) => name !== '__metadata__')
      .map(([name, { dtype, shape, data_offsets }]) => {
        const [start = 0, end = 0] = data_offsets;
        const copy = new Uint8Array(bytes.subarray(8 + length + start, 8 + length + end));
        return [name, { ...typed(dtype, copy.buffer), shape }];
      }),
  );
}

function typed(dtype: string, buffer: ArrayBuffer): { dtype: TensorValue['dtype']; data: TensorData } {
  switch (dtype) {
    case 'F32':
      return { dtype: 'float32', data: new Float32Array(buffer) };
    case 'I64':
      return { dtype: 'int64', data: new BigInt64Array(buffer) };
    case 'I32':
      return { dtype: 'int32', data: new Int32Array(buffer) };
    case 'U8':
      return { dtype: 'uint8', data: new Uint8Array(buffer) };
    default:
      throw new Error(`no reader for ${dtype}`);
  }
}
