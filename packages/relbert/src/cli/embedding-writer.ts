/** Embeddings as they leave `relbert embed`: a writer for each format. */
import { type EmbeddingBlock, row } from '../encoder/embeddings.ts';
import { joined } from '../formats/byte-reader.ts';
import { type ColumnTypes, columnTypes, typedColumns } from '../formats/column-type.ts';
import { littleEndianBytes, npyHeader } from '../formats/npy.ts';
import {
  floatText,
  readableWord2vecKey,
  VectorTextError,
  word2vecBytes,
  word2vecHeader,
  word2vecLine,
} from '../formats/word2vec.ts';
import { AtomicFile } from '../node/files.ts';
import { commitTogether } from '../node/files-together.ts';
import { pairTableOf } from '../pair/pair-table.ts';
import { pairText, type WordPair } from '../pair/word-pair.ts';
import {
  type EmbeddingFormat,
  type EmbeddingWriter,
  type EmbeddingWriterOptions,
  pairsPathOf,
} from './embedding-format.ts';
import { type Output, openOutput } from './output.ts';
import type { Terminal } from './terminal.ts';

export async function openEmbeddingWriter(
  format: EmbeddingFormat,
  options: EmbeddingWriterOptions,
  terminal: Terminal,
): Promise<EmbeddingWriter> {
  const { path } = options;
  if (format === 'npy' && path !== undefined) return npyWriter(path, options, terminal);
  const output = await openOutput(path, terminal);
  switch (format) {
    case 'jsonl':
      return jsonLinesWriter(output);
    case 'arrow': {
      const { arrowTableWriter } = await import('./table-writer.ts');
      return arrowTableWriter(output, options);
    }
    case 'parquet': {
      const { parquetTableWriter } = await import('./table-writer.ts');
      return parquetTableWriter(output, options);
    }
    default:
      return word2vecWriter(output, { ...options, terminal, binary: format === 'word2vec-binary' });
  }
}

/** Rows put together before they are handed on. */
const rowsAChunk = 64;

async function writeLines(
  output: Pick<Output, 'write'>,
  block: EmbeddingBlock,
  line: (index: number) => string,
): Promise<void> {
  for (let start = 0; start < block.pairs.length; start += rowsAChunk) {
    let text = '';
    for (let i = start; i < Math.min(start + rowsAChunk, block.pairs.length); i++) text += line(i);
    if (text !== '') await output.write(text);
  }
}

/** `{"head","tail","embedding":[...]}` a line, the columns of the pair between tail and embedding; none is called embedding. */
export function jsonLine({ head, tail, columns }: WordPair, vector: Float32Array): string {
  const numbers = Array.from(vector, floatText).join(',');
  return `${JSON.stringify({ head, tail, ...columns }).slice(0, -1)},"embedding":[${numbers}]}`;
}

function jsonLinesWriter(output: Output): EmbeddingWriter {
  return {
    write: (block) => writeLines(output, block, (i) => `${jsonLine(block.pairs[i] as WordPair, row(block, i))}\n`),
    finish: () => output.commit(),
    discard: () => output.discard(),
  };
}

async function npyWriter(
  path: string,
  { dimension, types: given }: EmbeddingWriterOptions,
  terminal: Terminal,
): Promise<EmbeddingWriter> {
  const { signal } = terminal;
  const matrix = await AtomicFile.create(path, { signal });
  let pairs: AtomicFile;
  try {
    pairs = await AtomicFile.create(pairsPathOf(path), { signal });
    await matrix.write(npyHeader([0, dimension]));
  } catch (error) {
    await matrix.discard();
    throw error;
  }
  let types = given;
  let rows = 0;
  return {
    async write(block) {
      types ??= columnTypes(block.pairs);
      if (rows === 0 && needsHeader(block.pairs[0], types)) {
        await pairs.write(tabSeparated(['head', 'tail', ...types.keys()]));
      }
      const columns = typedColumns(block.pairs, types, rows + 1);
      await writeLines(pairs, block, (i) => {
        const { head, tail } = block.pairs[i] as WordPair;
        return tabSeparated([head, tail, ...columns.map(({ values }) => String(values[i] ?? ''))]);
      });
      await matrix.write(littleEndianBytes(block.data));
      rows += block.pairs.length;
    },
    async finish() {
      await matrix.overwrite(0, npyHeader([rows, dimension]));
      await commitTogether([pairs, matrix]);
    },
    async discard() {
      await pairs.discard();
      await matrix.discard();
    },
  };
}

/** Whether columns have to be named, or readers would take the first pair for their names. */
function needsHeader(first: WordPair | undefined, types: ColumnTypes): boolean {
  return types.size > 0 || (first !== undefined && pairTableOf([first.head, first.tail]) !== undefined);
}

function tabSeparated(fields: readonly string[]): string {
  const wrong = fields.find((field) => /[\t\r\n]/.test(field));
  if (wrong === undefined) return `${fields.join('\t')}\n`;
  throw new Error(
    `${JSON.stringify(wrong)} holds a tab or a line end, which a .pairs.tsv cannot hold: use --format jsonl`,
  );
}

/** Characters or bytes kept in memory before the first line must be known; longer output gets a first line of fixed width. */
const heldText = 4_000_000;
/** Room for the first line of a long file: two numbers of up to 15 digits. */
const headerWidth = 31;

function keyOf(pair: WordPair): string {
  try {
    return readableWord2vecKey(pair);
  } catch (error) {
    if (!(error instanceof VectorTextError)) throw error;
    throw new Error(`${pairText(pair)}: ${error.message}; take --format jsonl, npy, arrow or parquet`, {
      cause: error,
    });
  }
}

interface Word2vecOptions {
  readonly dimension: number;
  readonly terminal: Terminal;
  readonly path: string | undefined;
  readonly binary: boolean;
}

/**
 * The first line says how many vectors follow, which a stream knows at its end. Short output is held back until then;
 * a longer file starts with a line padded with spaces, as readers of the format allow, filled in at the end.
 */
function word2vecWriter(output: Output, { dimension, terminal, path, binary }: Word2vecOptions): EmbeddingWriter {
  const keys = new Set<string>();
  let held: (string | Uint8Array)[] | undefined = [];
  let heldLength = 0;
  let repeated = 0;
  let example = '';
  let dropped: string | undefined;
  const spill = async (): Promise<void> => {
    if (path === undefined) {
      throw new Error('so many vectors in the format word2vec need --output FILE: its first line holds their number');
    }
    await output.write(`${word2vecHeader(0, dimension, headerWidth)}\n`);
    for (const chunk of held ?? []) await output.write(chunk);
    held = undefined;
  };
  const sink: Pick<Output, 'write'> = {
    async write(text) {
      if (!held) return output.write(text);
      held.push(text);
      heldLength += text.length;
      if (heldLength > heldText) await spill();
    },
  };
  return {
    async write(block) {
      const fresh = [...block.pairs.keys()].flatMap((i) => {
        const pair = block.pairs[i] as WordPair;
        const key = keyOf(pair);
        dropped ??= Object.keys(pair.columns ?? {})[0];
        if (!keys.has(key)) {
          keys.add(key);
          return [{ key, vector: row(block, i) }];
        }
        repeated++;
        example ||= key;
        return [];
      });
      for (let start = 0; start < fresh.length; start += rowsAChunk) {
        const rows = fresh.slice(start, start + rowsAChunk);
        await sink.write(
          binary
            ? joined(...rows.map(({ key, vector }) => word2vecBytes(key, vector)))
            : rows.map(({ key, vector }) => `${word2vecLine(key, vector)}\n`).join(''),
        );
      }
    },
    async finish() {
      if (repeated > 0) {
        terminal.note(
          `${repeated} ${repeated === 1 ? 'pair was' : 'pairs were'} left out: the key had been written before (${example})`,
        );
      }
      if (dropped !== undefined) {
        terminal.note(`word2vec holds words and vectors: further columns such as ${dropped} were left out`);
      }
      if (held) {
        await output.write(`${word2vecHeader(keys.size, dimension)}\n`);
        for (const chunk of held) await output.write(chunk);
      } else {
        await output.overwrite(0, new TextEncoder().encode(word2vecHeader(keys.size, dimension, headerWidth)));
      }
      await output.commit();
    },
    discard: () => output.discard(),
  };
}
