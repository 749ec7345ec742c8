import { pairKey } from '../pair/pair-key.ts';
import type { WordPair } from '../pair/word-pair.ts';
import { createPrompt } from '../prompt/create-prompt.ts';
import type { EncodedPrompt } from '../prompt/prompt.ts';
import { PromptError } from '../prompt/prompt-error.ts';
import type { PromptLayout, TriggerSpec } from '../prompt/spec.ts';
import { parseTemplate, templateParts } from '../prompt/template.ts';
import { type TriggerCounts, triggerCount } from '../prompt/trigger-counts.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';

/** The triggers of a prompt in its order. */
export function triggersOf({ top, mid, bottom }: TriggerSpec): number[] {
  return [...top, ...mid, ...bottom];
}

/** A trigger prompt from its tokens in order. */
export function triggerSpec(
  ids: readonly number[],
  { begin, middle }: TriggerCounts,
  layout: PromptLayout,
): TriggerSpec {
  return {
    kind: 'trigger',
    top: ids.slice(0, begin),
    mid: ids.slice(begin, begin + middle),
    bottom: ids.slice(begin + middle),
    layout,
  };
}

/**
 * The tokens of a manual template as triggers, to start a search from.
 * @throws PromptError where the template is not text <subj> text <obj> text
 */
export function triggersOfTemplate(template: string, tokenizer: Tokenizer): { ids: number[]; counts: TriggerCounts } {
  const parts = templateParts(parseTemplate(template));
  const words = parts.flatMap(({ kind }) => (kind === 'head' || kind === 'tail' ? [kind] : []));
  if (words.join() !== 'head,tail') {
    throw new PromptError(
      `triggers need a template with <subj> and then <obj>, each once; the template '${template}' has ` +
        `${words.map((word) => (word === 'head' ? '<subj>' : '<obj>')).join(', ')}: start from template c or d, or from mask tokens`,
    );
  }
  const { mask } = tokenizer.special;
  const texts = ['', '', ''];
  let place = 0;
  for (const part of parts) {
    if (part.kind === 'head' || part.kind === 'tail') place++;
    else texts[place] += part.kind === 'text' ? part.text : mask.text;
  }
  const [top, mid, bottom] = texts.map((text, i) => tokensBetweenWords(text, i === 0, tokenizer)) as [
    number[],
    number[],
    number[],
  ];
  return {
    ids: [...top, ...mid, ...bottom],
    counts: { begin: top.length, middle: mid.length, end: bottom.length },
  };
}

/** Tokens of a text that follows a word (unless `first`). The space after the text belongs to the next word. */
function tokensBetweenWords(text: string, first: boolean, tokenizer: Tokenizer): number[] {
  const { mask, begin, end } = tokenizer.special;
  if (text.trim() === '') return [];
  const { ids } = tokenizer.encode(`${first ? '' : mask.text}${text.trimEnd()}`);
  const from = (ids[0] === begin.id ? 1 : 0) + (first ? 0 : 1);
  return ids.slice(from, ids.at(-1) === end.id ? -1 : undefined);
}

/**
 * Writes pairs into a trigger prompt whose tokens change. The places of a pair's triggers are found once.
 *
 * The 2023 layout replaces each trigger at its place. The 2021 layout decodes the tokens and encodes them again, so it
 * writes every prompt from scratch.
 */
export class TriggerWriter {
  readonly counts: TriggerCounts;
  readonly layout: PromptLayout;
  readonly #tokenizer: Tokenizer;
  readonly #softStart: number;
  readonly #skeletons = new Map<string, { readonly prompt: EncodedPrompt; readonly places: readonly number[] }>();
  readonly #skeleton: (pair: WordPair) => EncodedPrompt;

  /** @param softStart rows of the word-embedding table: ids from there on stand for the triggers' places */
  constructor(tokenizer: Tokenizer, softStart: number, counts: TriggerCounts, layout: PromptLayout) {
    const { begin, middle, end } = counts;
    this.counts = counts;
    this.layout = layout;
    this.#tokenizer = tokenizer;
    this.#softStart = softStart;
    const vectors = new Float32Array(triggerCount(counts));
    const soft = createPrompt(
      { kind: 'soft', top: begin, mid: middle, bottom: end, vectors, hidden: 1, layout },
      tokenizer,
      { softStart },
    );
    this.#skeleton = (pair) => soft.encode(pair);
  }

  /** Encodes pairs with these triggers. */
  encoder(triggers: readonly number[]): (pair: WordPair) => EncodedPrompt {
    if (this.layout === '2021') {
      const prompt = createPrompt(triggerSpec(triggers, this.counts, this.layout), this.#tokenizer);
      return (pair) => prompt.encode(pair);
    }
    return (pair) => {
      const { prompt, places } = this.#of(pair);
      const ids = [...prompt.ids];
      for (const [i, place] of places.entries()) ids[place] = triggers[i] as number;
      return { ...prompt, ids, mask: this.#masks(prompt, places, triggers) };
    };
  }

  /** The same with an id from `softStart` on at each trigger's place, for the gradient with respect to its vector. */
  softEncoder(triggers: readonly number[]): (pair: WordPair) => EncodedPrompt {
    return (pair) => {
      const { prompt, places } = this.#of(pair);
      return { ...prompt, mask: this.#masks(prompt, places, triggers) };
    };
  }

  #of(pair: WordPair): { readonly prompt: EncodedPrompt; readonly places: readonly number[] } {
    const key = pairKey(pair);
    const cached = this.#skeletons.get(key);
    if (cached) return cached;
    const prompt = this.#skeleton(pair);
    const places: number[] = [];
    for (const [place, id] of prompt.ids.entries()) {
      if (id >= this.#softStart) places[id - this.#softStart] = place;
    }
    const skeleton = { prompt, places };
    this.#skeletons.set(key, skeleton);
    return skeleton;
  }

  /** Mask tokens of the words, and triggers that are mask tokens. */
  #masks(prompt: EncodedPrompt, places: readonly number[], triggers: readonly number[]): number[] {
    const masked = places.filter((_, i) => triggers[i] === this.#tokenizer.special.mask.id);
    return [...prompt.mask, ...masked].sort((a, b) => a - b);
  }
}
