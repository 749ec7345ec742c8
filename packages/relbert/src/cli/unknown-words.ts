/** Words that a model cannot tell apart, because its vocabulary lacks their letters. */
import type { RelationEncoder } from '../node/relation-encoder.ts';
import type { WordPair } from '../pair/word-pair.ts';
import type { Terminal } from './terminal.ts';

/** Warns of words with an unknown token: figures of two of them can be equal whatever they mean. */
export async function warnUnknownWords(
  pairs: readonly WordPair[],
  encoder: RelationEncoder,
  terminal: Terminal,
): Promise<void> {
  const unknown = new Set<string>();
  for (const pair of pairs) {
    for (const { of, text } of await encoder.promptTokens(pair)) {
      if ((of === 'head' || of === 'tail') && (text === '[UNK]' || text === '<unk>')) unknown.add(pair[of]);
    }
  }
  if (unknown.size > 0) {
    terminal.warn(
      `the model has no token for all or a part of ${[...unknown].join(', ')}: to it such words are the same`,
    );
  }
}
