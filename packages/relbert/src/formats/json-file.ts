import { CheckpointError } from './checkpoint-error.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The JSON object that a file of a checkpoint holds; CheckpointError where it holds something else. */
export function parseJsonObject(file: string, bytes: Uint8Array): JsonObject {
  if (bytes.byteLength === 0) throw new CheckpointError(file, 'the file is empty');
  let value: unknown;
  try {
    // the decoder drops a byte order mark
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CheckpointError(file, `not JSON (${reason})`, { cause: error });
  }
  if (!isJsonObject(value)) throw new CheckpointError(file, 'expected a JSON object');
  return value;
}
