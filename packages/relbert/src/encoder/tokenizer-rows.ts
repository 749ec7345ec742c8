import { CheckpointError } from '../formats/checkpoint-error.ts';
import type { Tokenization, Tokenizer } from '../tokenizer/tokenizer.ts';

/**
 * A tokenizer for a table of word embeddings. Checkpoints hold more rows than ids (padding) or fewer (special tokens
 * that were named but never trained, a blank last line of vocab.txt); transformers loads both. Here the ids without a
 * row are no part of the vocabulary, and a text whose tokens include such an id is an error.
 *
 * @param rows Rows of the table.
 * @throws from `encode` and `encodeParts`: CheckpointError that names the token
 */
export function tokenizerForRows(tokenizer: Tokenizer, rows: number, origin: string): Tokenizer {
  if (tokenizer.vocabularySize <= rows) return tokenizer;
  /** @param given Ids from `rows` on that the caller put into the text: they stand for vectors of a soft prompt. */
  const checked = (tokenization: Tokenization, given: readonly number[] = []): Tokenization => {
    const beyond = tokenization.ids.filter((id) => id >= rows);
    const wrong = beyond.find((id, i) => id !== given[i]);
    if (wrong === undefined) return tokenization;
    throw new CheckpointError(
      origin,
      `the token ${JSON.stringify(tokenizer.token(wrong))} has the id ${wrong}, and there are only ${rows} word embeddings: ` +
        'leave it out of the text, or copy the tokenizer files of the model that the weights come from',
    );
  };
  return {
    vocabularySize: rows,
    special: tokenizer.special,
    maxLength: tokenizer.maxLength,
    cleanUpSpaces: tokenizer.cleanUpSpaces,
    encode: (text) => checked(tokenizer.encode(text)),
    encodeParts: (parts) =>
      checked(
        tokenizer.encodeParts(parts),
        parts.filter((part) => typeof part === 'number' && part >= rows) as number[],
      ),
    decode: (ids, options) => tokenizer.decode(ids, options),
    decodeParts: (ids, options) => tokenizer.decodeParts(ids, options),
    token: (id) => (id < rows ? tokenizer.token(id) : undefined),
    id: (token) => {
      const id = tokenizer.id(token);
      return id === undefined || id >= rows ? undefined : id;
    },
  };
}
