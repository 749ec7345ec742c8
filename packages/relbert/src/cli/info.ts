/** `relbert info`: what a checkpoint is and where it came from. */
import type { Command } from 'commander';
import type { EncoderInfo } from '../encoder/relation-encoder.ts';
import { examples } from './examples.ts';
import { addModelOptions, describeEncoder, type ModelFlags } from './model-options.ts';
import { count } from './progress.ts';
import type { Terminal } from './terminal.ts';

interface InfoFlags extends ModelFlags {
  readonly json?: boolean;
}

export function addInfoCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('info')
    .summary('architecture, prompt, pooling, size and origin of a model')
    .description('Architecture, parameters, prompt, pooling, precision, size and origin of a relation encoder.');
  addModelOptions(command)
    .option('--json', 'print one JSON object')
    .addHelpText('after', examples(['relbert info', 'relbert info --model relbert/relbert-roberta-large --json']))
    .action(async (flags: InfoFlags) => {
      const info = await describeEncoder(flags, terminal);
      if (flags.json) await terminal.print(JSON.stringify({ model: flags.model, ...info }));
      else await terminal.print(infoText(info, (label) => terminal.style.bold(label)));
    });
}

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
    ['embedding', `${info.dimension} numbers`],
    ['longest prompt', `${info.maxLength} tokens`],
    ['dtype', `${info.dtype} (stored as ${info.storedDtype})`],
    ['size', `${(info.bytes / 1e6).toFixed(1)} MB`],
    ['runs on', `${info.device} (${info.runtime})`],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${emphasize(label.padEnd(width))}  ${value}`).join('\n');
}
