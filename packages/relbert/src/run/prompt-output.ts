import { OptionError } from '../encoder/load-encoder.ts';
import type { Pooling } from '../encoder/pooling.ts';
import { relbertConfigJson } from '../encoder/relbert-config.ts';
import { JsonLinesLog, makeFolder, removePath, writeFileAtomic } from '../node/files.ts';
import { basename, join, resolve } from '../node/path.ts';
import { type StoredPrompt, writePromptFolder } from '../node/prompt-folder.ts';
import { kindOfPath, listFolder, readText } from '../node/read-file.ts';
import { searchStateName } from '../node/search-store.ts';
import type { PromptLayout } from '../prompt/spec.ts';
import { learningCurve } from './learning-curve.ts';

/** What happened, a line each: iterations or steps with losses and the decoded prompt. */
const logName = 'prompt.jsonl';
const curveName = 'loss.svg';
/** Of P-tuning: where its checkpoints are. */
export const checkpointsName = 'checkpoints';
const ownNames = [logName, curveName, 'config.json', searchStateName, checkpointsName];

/** How the folder of a run is treated. */
export interface PromptOutputOptions {
  /** The folder to be made. */
  readonly output: string;
  /** Go on with the run in the folder. */
  readonly resume?: boolean;
  /** Replace what an earlier run left in the folder. */
  readonly overwrite?: boolean;
}

/** What search and tuning tell beside their progress: the data they found, and the folder they wrote. */
export type PromptRunEvent =
  | { readonly kind: 'data'; readonly relations: number; readonly validation: number; readonly excludedPairs: number }
  | { readonly kind: 'saved'; readonly folder: string };

/** @throws OptionError where the folder holds something that was not to be replaced */
export async function checkPromptOutput({
  output,
  resume = false,
  overwrite = false,
}: PromptOutputOptions): Promise<void> {
  if (resume && overwrite) throw new OptionError('--resume and --overwrite contradict each other: leave one out');
  const kind = await kindOfPath(output);
  if (kind === undefined) return;
  if (kind !== 'folder') throw new OptionError(`${output} is a file: name a folder for the prompt`);
  const names = await listFolder(output);
  if (names.length === 0) return;
  const isRun = names.includes(searchStateName) || names.includes(checkpointsName) || names.includes(logName);
  if (names.includes('model.safetensors') || !isRun) {
    throw new OptionError(`${output} is not empty and holds no prompt search: name another folder`);
  }
  if (overwrite) {
    for (const name of ownNames) await removePath(join(output, name));
  } else if (!resume) {
    throw new OptionError(`${output} holds a run already: --resume goes on with it, --overwrite replaces it`);
  }
}

/** Whether the layout's form of `relbert_config` knows the pooling: better told before a run. @throws CheckpointError */
export function checkLayout(layout: PromptLayout, pooling: Pooling): void {
  relbertConfigJson({ pooling, prompt: { kind: 'template', text: '' }, text: '', form: layout });
}

/** A place of the log: `at` is the iteration or step it belongs to. */
export interface LogEntry {
  readonly kind: string;
  readonly at: number;
  readonly [key: string]: unknown;
}

/** The log of a run, and the picture that is drawn from it. */
export class PromptLog {
  readonly #folder: string;
  readonly #log: JsonLinesLog;

  /** Opens the log; what is not `kept` goes, since a run that was killed there does it again. The end comes anew. */
  static async open(folder: string, kept: (entry: LogEntry) => boolean): Promise<PromptLog> {
    await makeFolder(folder);
    const entries = await readEntries(folder);
    if (entries.length > 0) {
      const lines = entries.filter((entry) => entry.kind !== 'done' && kept(entry));
      await writeFileAtomic(join(folder, logName), lines.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    }
    return new PromptLog(folder, await JsonLinesLog.open(join(folder, logName)));
  }

  private constructor(folder: string, log: JsonLinesLog) {
    this.#folder = folder;
    this.#log = log;
  }

  async append(entry: LogEntry): Promise<void> {
    await this.#log.append(entry);
  }

  /** `loss.svg`: loss and validation loss against what a place of the log is. */
  async draw(axis: 'iteration' | 'step'): Promise<void> {
    const points = (await readEntries(this.#folder)).flatMap((entry) => {
      const { at, loss, validation } = entry;
      return [
        ...(typeof loss === 'number' && entry.kind !== 'done' ? [{ kind: 'step' as const, step: at, loss }] : []),
        ...(typeof validation === 'number' && entry.kind !== 'done'
          ? [{ kind: 'validation' as const, step: at, figures: { loss: validation } }]
          : []),
      ];
    });
    const title = basename(resolve(this.#folder));
    await writeFileAtomic(join(this.#folder, curveName), learningCurve(points, title, axis));
  }

  async close(): Promise<void> {
    await this.#log.close();
  }
}

async function readEntries(folder: string): Promise<LogEntry[]> {
  const file = join(folder, logName);
  if ((await kindOfPath(file)) === undefined) return [];
  return (await readText(file)).split('\n').flatMap((line) => {
    try {
      const entry: unknown = JSON.parse(line);
      const sound = typeof entry === 'object' && entry !== null && 'kind' in entry && 'at' in entry;
      return sound ? [entry as LogEntry] : [];
    } catch {
      return []; // a line that was cut off
    }
  });
}

/** Writes a prompt that was found, in the form that its layout asks for. */
export async function savePrompt(
  folder: string,
  {
    prompt,
    pooling,
    text,
  }: { readonly prompt: StoredPrompt['prompt']; readonly pooling: Pooling; readonly text: string },
  layout: PromptLayout,
  about: Readonly<Record<string, unknown>>,
): Promise<void> {
  await writePromptFolder(folder, { prompt, pooling, text, form: layout }, about);
}
