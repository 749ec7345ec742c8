/** Embeddings as they leave `relbert embed`: JSON lines, a NumPy array beside its pairs, or the text format of word2vec. */
import { type EmbeddingBlock, row } from '../encoder/embeddings.ts';
import { littleEndianBytes, npyHeader } from '../formats/npy.ts';
import { floatText, word2vecHeader, word2vecKey, word2vecLine } from '../formats/word2vec.ts';
import { AtomicFile } from '../node/files.ts';
import { commitTogether } from '../node/files-together.ts';
import type { WordPair } from '../pair/word-pair.ts';
import type { EmbeddingFormat } from './embed.ts';
import { type Output, openOutput } from './output.ts';
import type { Terminal } from './terminal.ts';

export interface EmbeddingWriter {
  write(block: EmbeddingBlock): Promise<void>;
  /** Everything is there: the files take their names. */
  finish(): Promise<void>;
  /** Something went wrong: no file stays. */
  discard(): Promise<void>;
}

/** Opens a writer of embeddings of length `dimension`. Without `path`: standard output (not for npy). */
export async function openEmbeddingWriter(
  format: EmbeddingFormat,
  path: string | undefined,
  dimension: number,
  terminal: Terminal,
): Promise<EmbeddingWriter> {
  if (format === 'npy' && path !== undefined) return npyWriter(path, dimension, terminal);
  const output = await openOutput(path, terminal);
  return format === 'word2vec' ? word2vecWriter(output, dimension, terminal, path) : jsonLinesWriter(output);
}

/** Rows put together before they are handed on. */
const rowsAChunk = 64;

async function writeLines(output: Output, block: EmbeddingBlock, line: (index: number) => string): Promise<void> {
  for (let start = 0; start < block.pairs.length; start += rowsAChunk) {
    let text = '';
    for (let i = start; i < Math.min(start + rowsAChunk, block.pairs.length); i++) text += line(i);
    if (text !== '') await output.write(text);
  }
}

/** `{"head","tail","embedding":[...]}` a line. */
export function jsonLine({ head, tail }: WordPair, vector: Float32Array): string {
  const numbers = Array.from(vector, floatText).join(',');
  return `{"head":${JSON.stringify(head)},"tail":${JSON.stringify(tail)},"embedding":[${numbers}]}`;
}

function jsonLinesWriter(output: Output): EmbeddingWriter {
  return {
    write: (block) => writeLines(output, block, (i) => `${jsonLine(block.pairs[i] as WordPair, row(block, i))}\n`),
    finish: () => output.commit(),
    discard: () => output.discard(),
  };
}

/** `vectors.npy` has its pairs in `vectors.pairs.tsv`. */
export function pairsPathOf(path: string): string {
  return `${path.replace(/\.npy$/i, '')}.pairs.tsv`;
}

async function npyWriter(path: string, dimension: number, terminal: Terminal): Promise<EmbeddingWriter> {
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
  let rows = 0;
  return {
    async write(block) {
      await writeLines(pairs, block, (i) => `${tabSeparated(block.pairs[i] as WordPair)}\n`);
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

function tabSeparated(pair: WordPair): string {
  for (const word of [pair.head, pair.tail]) {
    if (/[\t\r\n]/.test(word)) {
      throw new Error(
        `the word ${JSON.stringify(word)} holds a tab or a line end, which a .pairs.tsv cannot hold: use --format jsonl`,
      );
    }
  }
  return `${pair.head}\t${pair.tail}`;
}

/** Text kept in memory before the first line must be known; longer output gets a first line of fixed width. */
const heldText = 4_000_000;
/** Room for the first line of a long file: two numbers of up to 15 digits. */
const headerWidth = 31;

/**
 * The first line says how many vectors follow, which a stream knows at its end. Short output is held back until then;
 * a longer file starts with a line padded with spaces, as readers of the format allow, filled in at the end.
 */
function word2vecWriter(
  output: Output,
  dimension: number,
  terminal: Terminal,
  path: string | undefined,
): EmbeddingWriter {
  const keys = new Set<string>();
  let held: string[] | undefined = [];
  let heldLength = 0;
  let repeated = 0;
  let example = '';
  const spill = async (): Promise<void> => {
    if (path === undefined) {
      throw new Error('so many vectors in the format word2vec need --output FILE: its first line holds their number');
    }
    await output.write(`${word2vecHeader(0, dimension, headerWidth)}\n`);
    await output.write((held ?? []).join(''));
    held = undefined;
  };
  const sink: Pick<Output, 'write'> = {
    async write(text) {
      if (!held) return output.write(text);
      held.push(String(text));
      heldLength += text.length;
      if (heldLength > heldText) await spill();
    },
  };
  return {
    async write(block) {
      await writeLines({ ...output, ...sink }, block, (i) => {
        const key = word2vecKey(block.pairs[i] as WordPair);
        if (keys.has(key)) {
          repeated++;
          example ||= key;
          return '';
        }
        keys.add(key);
        return `${word2vecLine(key, row(block, i))}\n`;
      });
    },
    async finish() {
      if (repeated > 0) {
        terminal.note(
          `${repeated} ${repeated === 1 ? 'pair was' : 'pairs were'} left out: the key had been written before (${example})`,
        );
      }
      if (held) {
        await output.write(`${word2vecHeader(keys.size, dimension)}\n`);
        await output.write(held.join(''));
      } else {
        await output.overwrite(0, new TextEncoder().encode(word2vecHeader(keys.size, dimension, headerWidth)));
      }
      await output.commit();
    },
    discard: () => output.discard(),
  };
}
