/** The forms in which `relbert embed` writes. */
export const embeddingFormats = ['jsonl', 'npy', 'word2vec'] as const;
export type EmbeddingFormat = (typeof embeddingFormats)[number];
