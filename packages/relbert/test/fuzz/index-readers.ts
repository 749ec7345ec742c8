import type { IndexFile, WritableIndexFolder } from '../../src/index/index-folder.ts';
import { IndexWriter } from '../../src/index/index-writer.ts';
import { Scorer } from '../../src/index/kernel/scorer.ts';
import { formatManifest, type Manifest } from '../../src/index/manifest.ts';
import { RelationIndex } from '../../src/index/relation-index.ts';
import { checksumText } from '../../src/index/segment-format.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import { bytesOf, type Files, textOf } from './files.ts';
import { all, type Reader } from './reader.ts';

const runtime = nodeRuntime();

/** An index folder in memory. */
function memoryIndex(files: Map<string, Uint8Array>): WritableIndexFolder {
  const opened = (name: string): IndexFile => ({
    get size() {
      return files.get(name)?.length ?? 0;
    },
    read(start, end, target = new Uint8Array(end - start)) {
      target.set((files.get(name) as Uint8Array).subarray(start, end));
      return target;
    },
    close: async () => {},
  });
  return {
    origin: 'index',
    open: async (name) => (files.has(name) ? opened(name) : undefined),
    list: async () => [...files.keys()],
    async create(name) {
      files.set(name, new Uint8Array(0));
      const file = opened(name);
      return {
        get size() {
          return file.size;
        },
        read: file.read,
        append: async (bytes) =>
          void files.set(name, new Uint8Array(Buffer.concat([files.get(name) as Uint8Array, bytes]))),
        finish: async () => {},
      };
    },
    replace: async (name, bytes) => void files.set(name, bytes.slice()),
    remove: async (name) => void files.delete(name),
    lock: async () => ({ release: async () => {} }),
  };
}

export async function indexReaders(): Promise<Reader[]> {
  const written = new Map<string, Uint8Array>();
  const words = Array.from({ length: 150 }, (_, i) => ({
    head: `head${i % 9}`,
    tail: `tail ${i}`,
    columns: { id: i },
  }));
  const vectors = Float32Array.from({ length: 150 * 4 }, (_, i) => Math.sin(i * i));
  const model = { name: 'tiny', prompt: '<subj> and <obj>', template: true, pooling: 'difference' };
  {
    await using writer = await IndexWriter.create(
      memoryIndex(written),
      { dimension: 4, model },
      { runtime, threads: 1 },
    );
    await writer.add([{ pairs: words, data: vectors }]);
  }
  const files = Object.fromEntries(written);
  const read = async (damaged: Files) => {
    await using index = await RelationIndex.open(memoryIndex(new Map(Object.entries(damaged))));
    await all(index.verify());
    const found = await index.search([{ vector: Float32Array.of(1, 2, -1, 0) }], { top: 3, where: 'id > 5' });
    return { info: index.info(), found };
  };
  const scorer = new Scorer(16);
  const seal = (bytes: Uint8Array): Uint8Array => {
    try {
      const { checksum: _, ...content } = JSON.parse(textOf(bytes));
      return bytesOf(formatManifest(content as Manifest, (text) => checksumText(scorer.checksum(bytesOf(text)))));
    } catch {
      return bytes;
    }
  };
  const manifest = files['manifest.json'] as Uint8Array;
  const segment = Object.keys(files).find((name) => name.startsWith('segment-')) as string;
  return [
    { name: 'manifest of an index', files, damaged: 'manifest.json', read },
    {
      ...{ name: 'manifest with a right checksum', files, damaged: 'manifest.json', read },
      part: { bytes: manifest, seal },
      otherResult: 'the checksum says that the manifest is as it was written',
    },
    { name: 'segment of an index', files, damaged: segment, read },
  ];
}
