import type { JsonPart } from './json.ts';

/** What surrounds the tokens of one text, and whether offsets leave out the white space around a token. */
export interface PostProcessor {
  /** Names of special tokens before and after the text. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly trimOffsets: boolean;
  /** Whether the first token's leading space was put there by the pre-tokeniser. */
  readonly prefixSpace: boolean;
}

const supported = ['BertProcessing', 'ByteLevel', 'RobertaProcessing', 'Sequence', 'TemplateProcessing'];
const nothing: PostProcessor = { before: [], after: [], trimOffsets: false, prefixSpace: false };

/**
 * The post-processor of tokenizer.json, for one text. (Pairs of texts do not occur in prompts, so the segment ids of
 * pairs, which the JavaScript library gets wrong for RoBERTa, do not arise: all are 0.)
 */
export function parsePostProcessor(part: JsonPart | undefined): PostProcessor {
  if (!part) return nothing;
  switch (part.type) {
    case 'Sequence':
      return part
        .parts('processors')
        .map(parsePostProcessor)
        .reduce(
          (all, one) => ({
            before: [...one.before, ...all.before],
            after: [...all.after, ...one.after],
            trimOffsets: all.trimOffsets || one.trimOffsets,
            prefixSpace: all.prefixSpace || one.prefixSpace,
          }),
          nothing,
        );
    case 'TemplateProcessing':
      return template(part);
    case 'BertProcessing':
      return { ...nothing, before: [tokenOf(part, 'cls')], after: [tokenOf(part, 'sep')] };
    case 'RobertaProcessing':
      return {
        before: [tokenOf(part, 'cls')],
        after: [tokenOf(part, 'sep')],
        trimOffsets: part.boolean('trim_offsets', true),
        prefixSpace: part.boolean('add_prefix_space', true),
      };
    case 'ByteLevel':
      return {
        ...nothing,
        trimOffsets: part.boolean('trim_offsets', true),
        prefixSpace: part.boolean('add_prefix_space', true),
      };
    default:
      throw part.unknownType('post-processor', supported);
  }
}

/** `[CLS] $A [SEP]` as a list of its parts. */
function template(part: JsonPart): PostProcessor {
  const before: string[] = [];
  const after: string[] = [];
  let passed = false;
  for (const item of part.parts('single')) {
    const special = item.part('SpecialToken');
    if (special) (passed ? after : before).push(special.string('id'));
    else passed = true;
  }
  if (!passed) throw part.error('"single" has no place for the text ($A)');
  return { ...nothing, before, after };
}

function tokenOf(part: JsonPart, name: string): string {
  const [token] = part.list(name);
  if (typeof token === 'string') return token;
  throw part.error(`"${name}" should be a token and its id`);
}
