import { isJsonObject, type JsonObject, parseJson } from '../text/json.ts';
import { CheckpointError } from './checkpoint-error.ts';

/** The JSON object that a file of a checkpoint holds; CheckpointError where it holds something else. */
export function parseJsonObject(file: string, bytes: Uint8Array): JsonObject {
  if (bytes.byteLength === 0) throw new CheckpointError(file, 'the file is empty');
  let text: string;
  try {
    // the decoder drops a byte order mark
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CheckpointError(file, 'not JSON (it is not UTF-8)', { cause });
  }
  const value = parseJson(text, (problem, cause) => new CheckpointError(file, problem, { cause }));
  if (!isJsonObject(value)) throw new CheckpointError(file, 'expected a JSON object');
  return value;
}
