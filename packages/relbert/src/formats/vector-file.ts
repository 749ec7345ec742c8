import { DataError } from '../text/data-error.ts';
import { type ByteLine, decodeLine, lineGroups } from '../text/lines.ts';
import { ByteReader, joined } from './byte-reader.ts';
import { foreignFormat, SIGNATURE_BYTES } from './file-signature.ts';
import { gunzipped } from './gunzip.ts';
import { MAX_DIMENSION } from './npy.ts';
import { vectorProblem } from './vector-check.ts';
import { type KeyedVector, parseWord2vecHeader, parseWord2vecLine, VectorTextError } from './word2vec.ts';

export interface VectorFileOptions {
  /** Name of the file, for messages. */
  readonly file: string;
  /** The keys whose vectors are wanted; others are skipped unread. Default: all. */
  readonly wanted?: ReadonlySet<string>;
  /** Called once with the length of the vectors. */
  readonly onDimension?: (dimension: number) => void;
}

/** A vector and where it stands. */
export interface FiledVector extends KeyedVector {
  /** Its line in a text file, its place among the vectors of a binary one; from 1. */
  readonly number: number;
  /** The error of a problem with this vector, which names file and place. */
  readonly fail: (problem: string) => DataError;
}

type Header = NonNullable<ReturnType<typeof parseWord2vecHeader>>;

/** Longest first line, and longest key of a binary file, in bytes. */
const MAX_KEY = 65_536;

/**
 * The vectors of a word2vec file, text or binary, or of a GloVe text file, gzip or not, that arrives in pieces; in memory
 * proportional to one piece.
 * @throws DataError naming file and place for a value that is not a finite number, a vector of zeros, a vector of another
 * length than the first one's or than the first line says, another number of vectors than the first line says, bytes
 * that are not UTF-8, damaged gzip data; for a file of another format, which it names; and for a file without vectors
 */
export async function* parseVectorFile(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: VectorFileOptions,
): AsyncGenerator<FiledVector> {
  const { file } = options;
  const reader = new ByteReader(gunzipped(chunks, file));
  try {
    const format = foreignFormat(await reader.peek(SIGNATURE_BYTES));
    if (format)
      throw new DataError(file, undefined, `is ${format}; expected vectors in word2vec's text or binary format`);
    const header = await peekHeader(reader);
    if (header && (header.dimensions < 1 || header.dimensions > MAX_DIMENSION)) {
      throw new DataError(file, 1, `a vector has 1 to ${MAX_DIMENSION} values, not ${header.dimensions}`);
    }
    const binary = header && isBinary(await reader.peek(header.bytes + MAX_KEY), header.bytes);
    const vectors = binary ? binaryVectors(reader, header, options) : textVectors(reader, options);
    yield* vectors;
  } finally {
    await reader.close();
  }
}

/** The first line where it is a header, and its length with its end. */
async function peekHeader(reader: ByteReader): Promise<(Header & { readonly bytes: number }) | undefined> {
  const start = await reader.peek(256);
  const end = start.indexOf(0x0a);
  const header = end < 0 ? undefined : parseWord2vecHeader(new TextDecoder('latin1').decode(start.subarray(0, end)));
  return header && { ...header, bytes: end + 1 };
}

/**
 * Whether vectors are binary, by what follows the header: it holds control characters, or is not UTF-8 in a line that
 * does not end in a number.
 */
function isBinary(start: Uint8Array, from: number): boolean {
  const end = start.indexOf(0x0a, from);
  const line = start.subarray(from, end < 0 ? start.length : end);
  if (start.subarray(from).some((byte) => byte < 0x09 || (byte > 0x0d && byte < 0x20))) return true;
  const text = new TextDecoder('latin1').decode(line);
  if (/[ \t][-+]?\.?\d[\d.e+-]*\s*$/i.test(text)) return false;
  return new TextDecoder().decode(line).includes('\ufffd');
}

async function* textVectors(
  reader: ByteReader,
  { file, wanted, onDimension }: VectorFileOptions,
): AsyncGenerator<FiledVector> {
  // A key that nobody asks for may be in any encoding.
  const lenient = new TextDecoder();
  const starts = wanted && new Set(Array.from(wanted, (key) => key.split(/[ \t]/, 1)[0] as string));
  let header: Header | undefined;
  let dimensions: number | undefined;
  let vectors = 0;
  const parsed = (line: ByteLine): FiledVector | undefined => {
    if (line.bytes.length === 0) return undefined;
    if (line.number === 1) {
      header = parseWord2vecHeader(lenient.decode(line.bytes));
      dimensions = header?.dimensions;
      if (dimensions !== undefined) onDimension?.(dimensions);
      if (header) return undefined;
    }
    vectors++;
    if (dimensions !== undefined && starts && !starts.has(lenient.decode(firstField(line.bytes)))) return undefined;
    const fail = (problem: string): DataError => new DataError(file, line.number, problem);
    const { key, vector } = parsedLine(decodeLine(file, line).text, dimensions, fail);
    if (dimensions === undefined) onDimension?.(vector.length);
    dimensions ??= vector.length;
    return { key, vector, number: line.number, fail };
  };
  for await (const lines of lineGroups(reader.rest(), file)) {
    for (const line of lines) {
      const found = parsed(line);
      if (found && (!wanted || wanted.has(found.key))) yield checked(found);
    }
  }
  checkCount(file, vectors, header);
}

function parsedLine(text: string, dimensions: number | undefined, fail: FiledVector['fail']): KeyedVector {
  try {
    return parseWord2vecLine(text, dimensions);
  } catch (error) {
    throw error instanceof VectorTextError ? fail(error.message) : error;
  }
}

function firstField(bytes: Uint8Array): Uint8Array {
  const space = bytes.indexOf(0x20);
  const tab = bytes.indexOf(0x09);
  const end = space < 0 ? tab : tab < 0 ? space : Math.min(space, tab);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

async function* binaryVectors(
  reader: ByteReader,
  header: Header & { readonly bytes: number },
  { file, wanted, onDimension }: VectorFileOptions,
): AsyncGenerator<FiledVector> {
  onDimension?.(header.dimensions);
  await reader.take(header.bytes);
  const strict = new TextDecoder('utf-8', { fatal: true });
  const lenient = new TextDecoder();
  const size = 4 * header.dimensions;
  let vectors = 0;
  let rest: Uint8Array = new Uint8Array(0);
  const failAt = (number: number) => (problem: string) =>
    new DataError(file, undefined, `vector ${number}: ${problem}`);
  for await (const chunk of reader.rest()) {
    const bytes = joined(rest, chunk);
    let at = 0;
    for (;;) {
      // Google's program ends each vector with a line end, gensim does not.
      while (bytes[at] === 0x0a) at++;
      const space = bytes.indexOf(0x20, at);
      if (space < 0 || space + 1 + size > bytes.length) {
        if ((space < 0 ? bytes.length : space) - at > MAX_KEY) throw failAt(vectors + 1)('its key does not end');
        break;
      }
      vectors++;
      const fail = failAt(vectors);
      const keyBytes = bytes.subarray(at, space);
      at = space + 1 + size;
      if (wanted && !wanted.has(lenient.decode(keyBytes))) continue;
      let key: string;
      try {
        key = strict.decode(keyBytes);
      } catch {
        throw fail('its key is not valid UTF-8');
      }
      yield checked({ key, vector: littleEndianFloats(bytes, space + 1, header.dimensions), number: vectors, fail });
    }
    rest = bytes.slice(at);
  }
  if (rest.length > 0) throw failAt(vectors + 1)('the file is cut off within it');
  checkCount(file, vectors, header);
}

function littleEndianFloats(bytes: Uint8Array, start: number, count: number): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, 4 * count);
  return Float32Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true));
}

function checked(found: FiledVector): FiledVector {
  const problem = vectorProblem(found.vector);
  if (problem) throw found.fail(`${JSON.stringify(found.key.slice(0, 60))}: ${problem}`);
  return found;
}

function checkCount(file: string, vectors: number, header: Header | undefined): void {
  if (vectors === 0) {
    throw new DataError(file, undefined, 'holds no vector; expected lines of a key and its values');
  }
  if (header && header.count !== vectors) {
    throw new DataError(
      file,
      1,
      `the first line says ${header.count} vectors, the file holds ${vectors}; fetch or write it again`,
    );
  }
}
