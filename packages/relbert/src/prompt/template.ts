import { suggestion } from '../text/nearest-name.ts';
import { PromptError } from './prompt-error.ts';

/**
 * The manual templates of the paper (Ushio et al. 2021, Table 8), byte for byte: b and e hold a double space before
 * "is", d and e a curly apostrophe (U+2019).
 */
export const manualTemplates = {
  a: 'Today, I finally discovered the relation between <subj> and <obj> : <subj> is the <mask> of <obj>',
  b: "Today, I finally discovered the relation between <subj> and <obj> : <obj>  is <subj>'s <mask>",
  c: 'Today, I finally discovered the relation between <subj> and <obj> : <mask>',
  d: 'I wasn\u2019t aware of this relationship, but I just read in the encyclopedia that <subj> is the <mask> of <obj>',
  e: 'I wasn\u2019t aware of this relationship, but I just read in the encyclopedia that <obj>  is <subj>\u2019s <mask>',
} as const;

export type ManualTemplateName = keyof typeof manualTemplates;

/** A part of a template: text or a placeholder. */
export type TemplatePart = { readonly kind: 'text'; readonly text: string } | { readonly kind: TemplatePlaceholder };

/** `<subj>`, `<obj>`, `<mask>`. */
export type TemplatePlaceholder = 'head' | 'tail' | 'mask';

const placeholders: Readonly<Record<string, TemplatePlaceholder>> = {
  '<subj>': 'head',
  '<obj>': 'tail',
  '<mask>': 'mask',
};

/** The placeholders that a template needs besides `<subj>` and `<obj>`. */
export interface TemplateNeeds {
  /** Whether `<mask>` must occur, as the pooling `mask` needs it. Default false. */
  readonly mask?: boolean | undefined;
}

/**
 * The text of a template that is given as a letter (a–e) or as a text. `<subj>` and `<obj>` must occur; a placeholder may
 * occur more than once.
 * @throws PromptError for an unknown letter, an unknown placeholder or a missing one, with the nearest valid names
 */
export function parseTemplate(template: string, needs: TemplateNeeds = {}): string {
  const text = isManualTemplateName(template) ? manualTemplates[template] : template;
  const kinds = new Set(templateParts(text).map(({ kind }) => kind));
  if (!kinds.has('head') && !kinds.has('tail') && !kinds.has('mask')) {
    const letters = Object.keys(manualTemplates);
    throw new PromptError(
      `unknown template ${JSON.stringify(template)}${suggestion(template, letters)}: expected a letter ` +
        `(${letters.join(', ')}) or a text with <subj> for the head and <obj> for the tail`,
    );
  }
  for (const [name, kind] of Object.entries(placeholders)) {
    if (kinds.has(kind) || (kind === 'mask' && !needs.mask)) continue;
    const why = kind === 'mask' ? 'the pooling "mask" needs it' : `it stands for the ${kind} of a pair`;
    throw new PromptError(`the template ${JSON.stringify(template)} has no ${name}: ${why}`);
  }
  return text;
}

/**
 * The parts of a template, in order.
 * @throws PromptError for an unknown placeholder, with the nearest valid names
 */
export function templateParts(text: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let at = 0;
  for (const match of text.matchAll(/<[A-Za-z][\w-]*>/g)) {
    const [name] = match;
    const kind = Object.hasOwn(placeholders, name) ? placeholders[name] : undefined;
    if (!kind) {
      const names = Object.keys(placeholders);
      throw new PromptError(
        `unknown placeholder ${name} in the template ${JSON.stringify(text)}${suggestion(name, names)}: ` +
          `there are ${names.join(', ')}`,
      );
    }
    if (match.index > at) parts.push({ kind: 'text', text: text.slice(at, match.index) });
    parts.push({ kind });
    at = match.index + name.length;
  }
  if (at < text.length) parts.push({ kind: 'text', text: text.slice(at) });
  return parts;
}

function isManualTemplateName(template: string): template is ManualTemplateName {
  return Object.hasOwn(manualTemplates, template);
}
