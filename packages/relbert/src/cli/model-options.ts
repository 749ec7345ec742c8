/** The options that choose and set up the relation encoder: the same for every command that encodes pairs. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { poolings } from '../encoder/pooling-table.ts';
import type { EncoderInfo, LoadOptions, RelationEncoder } from '../index.ts';
import { type DeviceChoice, devices } from '../runtime/device.ts';
import { checkUsage, UsageError } from './exit.ts';
import { fetchProgress } from './fetch-progress.ts';
import type { Terminal } from './terminal.ts';

/** What {@link addModelOptions} adds, as commander hands it over. */
export interface ModelFlags {
  readonly model: string;
  readonly template?: string;
  readonly prompt?: string;
  readonly pooling?: string;
  readonly maxLength?: number;
  readonly batchTokens?: number;
  readonly dtype?: 'f32' | 'int8';
  readonly threads?: number;
  readonly device?: DeviceChoice;
  readonly normalize?: boolean;
  readonly offline?: boolean;
}

/** Adds `--model`, `--template`, `--pooling` and the options of how to run to a command. */
export function addModelOptions(command: Command): Command {
  return command
    .option('--model <model>', 'folder, hub id, id@revision, or "embedded"', 'embedded')
    .option('--template <template>', "letter a-e, or text with <subj>, <obj>, <mask> (default: the checkpoint's own)")
    .option('--prompt <dir>', 'prompt that relbert prompt search or tune made, instead of a template')
    .option('--pooling <pooling>', `${poolings.join(', ')} (default: the checkpoint's own)`)
    .option(
      '--max-length <tokens>',
      'longest prompt; a longer one is an error (default: what the model takes)',
      positive,
    )
    .option('--batch-tokens <tokens>', 'padded tokens in one batch', positive)
    .addOption(new Option('--dtype <dtype>', 'precision of the computation').choices(['f32', 'int8']).default('f32'))
    .option('--threads <number>', 'threads of one operator (default: one a physical core)', positive)
    .addOption(deviceOption())
    .option('--normalize', 'divide each embedding by its Euclidean norm')
    .option('--offline', 'use the cache only, ask no server (as HF_HUB_OFFLINE=1 does)');
}

/** `--device`, the same for every command that computes. */
export function deviceOption(): Option {
  return new Option('--device <device>', 'what computes; auto: the CPU').choices(['auto', ...devices]).default('auto');
}

/** A whole number greater than 0, for options. */
export function positive(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError(`Expected a whole number from 1 upward.`);
  }
  return value;
}

/**
 * Loads the encoder that the flags ask for, with progress where files are fetched; says on standard error which prompt
 * counts where neither the flags nor the checkpoint say. `worker` keeps the event loop free while pairs are encoded,
 * for a somewhat later start. Flags that cannot be are found before anything is loaded.
 */
export async function loadEncoder(
  flags: ModelFlags,
  terminal: Terminal,
  { worker }: { readonly worker: boolean },
): Promise<RelationEncoder> {
  const { RelationEncoder } = await import('../index.ts');
  return withOptions(flags, terminal, async (options) => {
    const encoder = await RelationEncoder.load(flags.model, { ...options, worker: worker && terminal.worker });
    noteDefaultPrompt(flags, terminal, encoder.info);
    return encoder;
  });
}

/** What {@link loadEncoder} would load, without reading weights. */
export async function describeEncoder(flags: ModelFlags, terminal: Terminal): Promise<EncoderInfo> {
  const { RelationEncoder } = await import('../index.ts');
  return withOptions(flags, terminal, async (options) => {
    const info = await RelationEncoder.describe(flags.model, options);
    noteDefaultPrompt(flags, terminal, info);
    return info;
  });
}

function noteDefaultPrompt({ model }: ModelFlags, terminal: Terminal, { promptFrom, pooling }: EncoderInfo): void {
  if (promptFrom !== 'default') return;
  terminal.note(
    `${model} is a plain language model: template a with ${pooling} (--template and --pooling choose others)`,
  );
}

/** Checks the flags and hands them over as options, with progress where files are fetched. */
async function withOptions<T>(
  flags: ModelFlags,
  terminal: Terminal,
  use: (options: LoadOptions) => Promise<T>,
): Promise<T> {
  const {
    pooling: poolingName,
    template,
    prompt: promptFolder,
    maxLength,
    batchTokens,
    dtype,
    threads,
    device,
    normalize,
    offline,
  } = flags;
  const { needsMask, parsePooling } = await import('../encoder/pooling.ts');
  const { parseTemplate } = await import('../prompt/template.ts');
  const given = poolingName === undefined ? undefined : checkUsage(() => parsePooling(poolingName));
  const stored = promptFolder === undefined ? undefined : await learnedPrompt(promptFolder, flags);
  // A prompt was found with a pooling, and is judged with it unless told otherwise.
  const pooling = given ?? stored?.pooling;
  if (template !== undefined)
    checkUsage(() => parseTemplate(template, { mask: pooling !== undefined && needsMask(pooling) }));

  const fetching = fetchProgress(terminal, offline);
  try {
    return await use({
      ...(template !== undefined && { template }),
      ...(stored && { prompt: stored.prompt }),
      ...(pooling !== undefined && { pooling }),
      ...(maxLength !== undefined && { maxLength }),
      ...(batchTokens !== undefined && { batchTokens }),
      ...(dtype !== undefined && { dtype }),
      ...(threads !== undefined && { threads }),
      device,
      ...(normalize !== undefined && { normalize }),
      ...fetching.hub,
    });
  } finally {
    await fetching.stop();
  }
}

/** The prompt of `--prompt`. @throws UsageError beside `--template`, CheckpointError for a folder without one */
export async function learnedPrompt(folder: string, { template }: { readonly template?: string }) {
  if (template !== undefined) throw new UsageError('--template and --prompt are both given: leave one out');
  const { readPromptFolder } = await import('../node/prompt-folder.ts');
  return readPromptFolder(folder);
}
