/** The options that choose and set up the relation encoder: the same for every command that encodes pairs. */
import { dtypes } from '../encoder/encoder-options.ts';
import { poolings } from '../encoder/pooling-table.ts';
import type { EncoderInfo } from '../encoder/relation-encoder.ts';
import type { HubOptions } from '../node/hub/hub.ts';
import type { LoadOptions, RelationEncoder } from '../node/relation-encoder.ts';
import { devices } from '../runtime/device.ts';
import { checkUsage, UsageError } from './exit.ts';
import { fetchProgress } from './fetch-progress.ts';
import { choice, type Flags, flag, fromOne, number, repeated, text, withDefault } from './option.ts';
import type { Terminal } from './terminal.ts';

/** `--model`, `--template`, `--pooling` and the options of how to run. */
export const modelOptions = {
  model: withDefault(text('<model>', 'folder, hub id, id@revision, or "embedded"'), 'embedded'),
  template: text('<template>', "letter a-e, or text with <subj>, <obj>, <mask> (default: the checkpoint's)"),
  prompt: text('<dir>', 'prompt that relbert prompt search or tune wrote, instead of a template'),
  pooling: text('<pooling>', `${poolings.join(', ')} (default: the checkpoint's)`),
  maxLength: number('<tokens>', 'longest prompt; a longer one is an error (default: what the model takes)', fromOne),
  batchTokens: number('<tokens>', 'padded tokens in one batch', fromOne),
  dtype: withDefault(
    choice('<dtype>', 'precision of the computation; stored: int8 where the weights are', dtypes),
    'f32',
  ),
  threads: number('<number>', 'threads of one operator (default: one a physical core)', fromOne),
  device: withDefault(choice('<device>', 'what computes; auto: the CPU', ['auto', ...devices]), 'auto'),
  normalize: flag('divide each embedding by its Euclidean norm'),
  offline: flag('use the cache only, ask no server (as HF_HUB_OFFLINE=1 does)'),
};

/** `--model A --model B`: several models, side by side. */
export const severalModels = repeated(
  text('<model>', `${modelOptions.model.help}; given again, further ones side by side (default: embedded)`),
);

/** What {@link modelOptions} give; a caller that is not a command may leave out what has a default. */
type Defaulted = 'dtype' | 'device';
export type ModelFlags = Omit<Flags<typeof modelOptions>, Defaulted> &
  Partial<Pick<Flags<typeof modelOptions>, Defaulted>>;

/**
 * Loads the encoder that the flags ask for, with progress where files are fetched; says on standard error which prompt
 * counts where neither the flags nor the checkpoint say. `quickStart` is for a handful of pairs: they
 * are encoded in this thread, by a graph that is not prepared for more. Invalid flags are found before anything is loaded.
 */
export async function loadEncoder(
  flags: ModelFlags,
  terminal: Terminal,
  { quickStart = false, worker = !quickStart }: { readonly quickStart?: boolean; readonly worker?: boolean } = {},
): Promise<RelationEncoder> {
  const { RelationEncoder } = await import('../node/relation-encoder.ts');
  return withOptions(flags, terminal, async (options) => {
    const encoder = await RelationEncoder.load(flags.model, {
      ...{ ...options, quickStart },
      worker: worker && terminal.worker,
    });
    noteDefaultPrompt(flags, terminal, encoder.info);
    return encoder;
  });
}

/**
 * How to find the files of an encoder that has been loaded: in the cache, which holds the files that were loaded. The hub
 * may have others by now, and an offline switch says not to ask it.
 */
export function afterLoading({ env, signal }: Terminal): HubOptions {
  return { env, signal, offline: true };
}

/** What {@link loadEncoder} would load, without reading weights. */
export async function describeEncoder(flags: ModelFlags, terminal: Terminal): Promise<EncoderInfo> {
  const { RelationEncoder } = await import('../node/relation-encoder.ts');
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
      ...{ template, prompt: stored?.prompt, pooling, maxLength, batchTokens, dtype, threads, device, normalize },
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
