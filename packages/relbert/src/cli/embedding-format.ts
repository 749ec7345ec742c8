/** The forms in which `relbert embed` writes. */
export const embeddingFormats = ['jsonl', 'npy', 'word2vec', 'word2vec-binary'] as const;
export type EmbeddingFormat = (typeof embeddingFormats)[number];
