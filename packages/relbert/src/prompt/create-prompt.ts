import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { encodeLearnedPrompt } from './learned-prompt.ts';
import type { Prompt } from './prompt.ts';
import { PromptContentError, PromptError } from './prompt-error.ts';
import type { PromptSpec, SoftSpec, TriggerSpec } from './spec.ts';
import type { TemplateNeeds } from './template.ts';
import { templatePrompt } from './template-prompt.ts';

/** What the pooling and the model require of a prompt. */
export interface PromptNeeds extends TemplateNeeds {
  /**
   * Id of a soft prompt's first vector: the number of rows of the word-embedding table, which may exceed the tokenizer's
   * ids. Default: the tokenizer's `vocabularySize`.
   */
  readonly softStart?: number | undefined;
  /** Dimension of the model's word embeddings, which a soft prompt's vectors must have. Default: not checked. */
  readonly embedding?: number | undefined;
}

/**
 * Creates a prompt from its specification.
 * @throws PromptError for a template without a required placeholder, a trigger outside the vocabulary, and soft-prompt
 *   vectors whose number or dimension is wrong
 */
export function createPrompt(spec: PromptSpec, tokenizer: Tokenizer, needs: PromptNeeds = {}): Prompt {
  switch (spec.kind) {
    case 'template':
      return templatePrompt(spec, tokenizer, needs);
    case 'trigger':
      return triggerPrompt(spec, tokenizer, needs);
    case 'soft':
      return softPrompt(spec, tokenizer, needs);
  }
}

function triggerPrompt(spec: TriggerSpec, tokenizer: Tokenizer, needs: TemplateNeeds): Prompt {
  const { top, mid, bottom, layout } = spec;
  const triggers = [...top, ...mid, ...bottom];
  for (const id of triggers) {
    if (tokenizer.token(id) === undefined) {
      throw new PromptContentError(
        `the trigger ${id} is not a token: ids are 0 to ${tokenizer.vocabularySize - 1}; the prompt belongs to another model`,
      );
    }
  }
  for (const [i, name] of (spec.tokens ?? []).entries()) {
    const token = tokenizer.token(triggers[i] as number);
    if (token !== name) {
      throw new PromptContentError(
        `the trigger ${triggers[i]} was '${name}' where the prompt was found and is '${token}' here; the prompt belongs to another model`,
      );
    }
  }
  if (needs.mask && !triggers.includes(tokenizer.special.mask.id)) {
    throw new PromptError('the pooling "mask" needs a mask token, and there is none among the triggers');
  }
  return {
    kind: 'trigger',
    text: aroundWords(decoded(top), decoded(mid), decoded(bottom)),
    counts: { top: top.length, mid: mid.length, bottom: bottom.length },
    encode: (pair) => encodeLearnedPrompt(pair, { top, mid, bottom, layout }, tokenizer),
  };

  function decoded(ids: readonly number[]): string {
    return tokenizer.decode(ids).trim();
  }
}

function softPrompt(spec: SoftSpec, tokenizer: Tokenizer, needs: PromptNeeds): Prompt {
  const { vectors, hidden, layout } = spec;
  const count = spec.top + spec.mid + spec.bottom;
  if (vectors.length !== count * hidden) {
    throw new PromptContentError(
      `a soft prompt of ${spec.top} + ${spec.mid} + ${spec.bottom} vectors of ${hidden} numbers should hold ` +
        `${count * hidden} numbers, got ${vectors.length}`,
    );
  }
  if (needs.embedding !== undefined && hidden !== needs.embedding) {
    throw new PromptContentError(
      `the soft prompt's vectors have ${hidden} numbers, the model's word embeddings ${needs.embedding}; the prompt belongs to another model`,
    );
  }
  if (needs.mask) throw new PromptError('the pooling "mask" needs a mask token, and a soft prompt has none');
  // One id per vector: their rows follow those of the word embeddings.
  const first = needs.softStart ?? tokenizer.vocabularySize;
  if (first < tokenizer.vocabularySize) {
    throw new PromptError(`softStart is ${first}, less than the ${tokenizer.vocabularySize} ids of the tokenizer`);
  }
  const ids = (start: number, length: number): number[] => Array.from({ length }, (_, i) => first + start + i);
  const top = ids(0, spec.top);
  const mid = ids(spec.top, spec.mid);
  const bottom = ids(spec.top + spec.mid, spec.bottom);
  const shown = (length: number): string => (length === 0 ? '' : `[${length} soft]`);
  return {
    kind: 'soft',
    text: aroundWords(shown(spec.top), shown(spec.mid), shown(spec.bottom)),
    counts: { top: spec.top, mid: spec.mid, bottom: spec.bottom },
    vectors,
    encode: (pair) => encodeLearnedPrompt(pair, { top, mid, bottom, layout }, tokenizer),
  };
}

function aroundWords(top: string, mid: string, bottom: string): string {
  return [top, '<subj>', mid, '<obj>', bottom].filter((part) => part !== '').join(' ');
}
