/** The forms in which `relbert embed` writes. */
export const embeddingFormats = ['jsonl', 'npy', 'word2vec', 'word2vec-binary', 'arrow', 'parquet'] as const;
export type EmbeddingFormat = (typeof embeddingFormats)[number];

/** The format that the ending of the output file asks for. */
export function formatOf(output: string | undefined): EmbeddingFormat {
  const ending = /\.([^./\\]+)$/.exec(output ?? '')?.[1]?.toLowerCase() ?? '';
  return byEnding[ending] ?? 'jsonl';
}

const byEnding: Readonly<Record<string, EmbeddingFormat>> = {
  ...{ npy: 'npy', bin: 'word2vec-binary', vec: 'word2vec', w2v: 'word2vec' },
  ...{ arrow: 'arrow', arrows: 'arrow', feather: 'arrow', ipc: 'arrow', parquet: 'parquet' },
};
