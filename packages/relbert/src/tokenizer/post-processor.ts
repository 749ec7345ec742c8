import type { JsonPart } from './json.ts';

/** The special tokens around a text, and whether offsets leave out white space around a token. */
export interface PostProcessor {
  /** Special tokens before and after the text. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly trimOffsets: boolean;
  /** Whether the pre-tokeniser put a space before the first word. */
  readonly prefixSpace: boolean;
}

const supported = ['BertProcessing', 'ByteLevel', 'RobertaProcessing', 'Sequence', 'TemplateProcessing'];
const none: PostProcessor = { before: [], after: [], trimOffsets: false, prefixSpace: false };

/**
 * The post-processor of tokenizer.json, for a single text: prompts are never pairs of texts, so all segment ids are 0.
 */
export function parsePostProcessor(part: JsonPart | undefined): PostProcessor {
  if (!part) return none;
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
          none,
        );
    case 'TemplateProcessing':
      return template(part);
    case 'BertProcessing':
      return { ...none, before: [tokenOf(part, 'cls')], after: [tokenOf(part, 'sep')] };
    case 'RobertaProcessing':
      return {
        before: [tokenOf(part, 'cls')],
        after: [tokenOf(part, 'sep')],
        trimOffsets: part.boolean('trim_offsets', true),
        prefixSpace: part.boolean('add_prefix_space', true),
      };
    case 'ByteLevel':
      return {
        ...none,
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
  return { ...none, before, after };
}

function tokenOf(part: JsonPart, name: string): string {
  const [token] = part.list(name);
  if (typeof token === 'string') return token;
  throw part.error(`"${name}" should be a token and its id`);
}
