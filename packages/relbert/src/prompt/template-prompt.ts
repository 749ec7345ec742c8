import type { WordPair } from '../pair/word-pair.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { EncodedPrompt, Prompt } from './prompt.ts';
import { type CharacterRange, positionsOf, spanOf } from './span.ts';
import type { TemplateSpec } from './spec.ts';
import { parseTemplate, type TemplateNeeds, templateParts } from './template.ts';

/**
 * A manual template. The words and the mask token replace the placeholders, so the place of each word follows by
 * construction. Words stay as they are: their case is not changed, and a placeholder inside a word is part of the word.
 */
export function templatePrompt(spec: TemplateSpec, tokenizer: Tokenizer, needs: TemplateNeeds): Prompt {
  const template = parseTemplate(spec.text, needs);
  const parts = templateParts(template);
  const mask = tokenizer.special.mask;
  return {
    kind: 'template',
    text: template,
    encode(pair: WordPair): EncodedPrompt {
      let text = '';
      const heads: CharacterRange[] = [];
      const tails: CharacterRange[] = [];
      for (const part of parts) {
        const start = text.length;
        if (part.kind === 'text') text += part.text;
        else if (part.kind === 'mask') text += mask.text;
        else {
          text += pair[part.kind];
          (part.kind === 'head' ? heads : tails).push([start, text.length]);
        }
      }
      const tokens = tokenizer.encode(text);
      return {
        ids: tokens.ids,
        head: spanOf(tokens, heads),
        tail: spanOf(tokens, tails),
        mask: positionsOf(tokens.ids, mask.id),
      };
    },
  };
}
