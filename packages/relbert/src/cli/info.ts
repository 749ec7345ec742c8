/** `relbert info`: what a checkpoint is and where it came from. */
import type { EncoderInfo } from '../encoder/relation-encoder.ts';
import { visible } from '../text/visible.ts';
import { command } from './command.ts';
import { describeEncoder, modelOptions } from './model-options.ts';
import { flag } from './option.ts';
import { count } from './progress.ts';

export const info = command({
  name: 'info',
  summary: 'architecture, prompt, pooling, size and origin of a model',
  description: 'Architecture, parameters, prompt, pooling, precision, size and origin of a relation encoder.',
  options: { ...modelOptions, json: flag('print one JSON object') },
  examples: ['relbert info', 'relbert info --model relbert/relbert-roberta-large --json'],
  async run(_, flags, terminal) {
    const described = await describeEncoder(flags, terminal);
    if (flags.json) await terminal.print(JSON.stringify({ model: flags.model, ...described }));
    else await terminal.print(infoText(described, (label) => terminal.style.bold(label)));
  },
});

const sources = {
  checkpoint: "the checkpoint's own",
  options: 'as asked for',
  default: 'the default for a plain language model',
} as const;

/** Lines `label  value` for people. */
export function infoText(info: EncoderInfo, emphasize: (label: string) => string): string {
  const rows: readonly (readonly [string, string])[] = [
    ['origin', info.origin],
    [
      'architecture',
      `${info.architecture}, ${info.layers} layers of ${info.hiddenSize}, vocabulary ${count(info.vocabularySize)}`,
    ],
    ['parameters', `${count(info.parameters)} (${(info.parameters / 1e6).toFixed(1)} M)`],
    ['prompt', `${info.prompt.text}  [${info.prompt.kind}, ${sources[info.promptFrom]}]`],
    ['pooling', info.pooling],
    ...(info.sharedWordDiscount === 0
      ? []
      : [['shared words', `analogies: cosine less ${info.sharedWordDiscount} (half in the other place)`] as const]),
    ['embedding', `${info.dimension} numbers`],
    ['longest prompt', `${info.maxLength} tokens`],
    ['dtype', `${info.dtype} (stored as ${info.storedDtype})`],
    ['size', `${(info.bytes / 1e6).toFixed(1)} MB`],
    ['runs on', `${info.device} (${info.runtime})`],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${emphasize(label.padEnd(width))}  ${visible(value)}`).join('\n');
}
