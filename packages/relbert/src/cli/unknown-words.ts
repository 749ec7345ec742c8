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
  for (const pair of pairs) for (const word of await unknownWords(pair, encoder)) unknown.add(word);
  if (unknown.size > 0) terminal.warn(warning([...unknown].join(', ')));
}

/** Letters that every vocabulary has, in a word that is not too long for it: of very many pairs only others are looked at. */
const plain = /^[ -~]{1,50}$/;

/** So many pairs with unknown words are named. */
const mostNamed = 5;

/** Unknown words among very many pairs, found while these pass; once there are some, no further are looked for. */
export class UnknownWordSearch {
  readonly #encoder: RelationEncoder;
  readonly #words = new Set<string>();
  #pairs = 0;

  constructor(encoder: RelationEncoder) {
    this.#encoder = encoder;
  }

  async look(pairs: readonly WordPair[]): Promise<void> {
    if (this.#pairs >= mostNamed) return;
    const rare = pairs.filter(({ head, tail }) => !(plain.test(head) && plain.test(tail)));
    for (const words of await Promise.all(rare.map((pair) => unknownWords(pair, this.#encoder)))) {
      if (words.length === 0 || this.#pairs >= mostNamed) continue;
      this.#pairs++;
      for (const word of words) this.#words.add(word);
    }
  }

  warn(terminal: Terminal): void {
    if (this.#pairs === 0) return;
    const words = [...this.#words].join(', ');
    terminal.warn(warning(this.#pairs < mostNamed ? words : `${words} and perhaps others`));
  }
}

const warning = (words: string) =>
  `the model has no token for all or a part of ${words}: to it such words are the same`;

async function unknownWords(pair: WordPair, encoder: RelationEncoder): Promise<string[]> {
  const unknown = new Set<string>();
  for (const { of, text } of await encoder.promptTokens(pair)) {
    if ((of === 'head' || of === 'tail') && (text === '[UNK]' || text === '<unk>')) unknown.add(pair[of]);
  }
  return [...unknown];
}
