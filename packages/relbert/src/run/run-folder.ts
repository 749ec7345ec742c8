/** The folder of a run: its lock, its log, and the files of an earlier run. */

import { isWeightsFile } from '../encoder/checkpoint.ts';
import { OptionError } from '../encoder/option-error.ts';
import { FileError } from '../node/file-error.ts';
import { type FileLock, lockFolder, lockName } from '../node/file-lock.ts';
import { JsonLinesLog, removeEmptyFolder, removePath, writeFileAtomic } from '../node/files.ts';
import { join, resolve } from '../node/path.ts';
import { kindOfPath, listFolder, readText } from '../node/read-file.ts';
import { clearLeftovers, targetOfTemporary } from '../node/temporary-file.ts';

export const checkpointsName = 'checkpoints';

/** What a run of one kind writes into its folder. */
export interface RunKind {
  /** What the folder is for, in messages. */
  readonly result: 'model' | 'prompt' | 'set of answers';
  /** Each event that is worth keeping, a line of JSON each. */
  readonly log: string;
  /** Files that mark the folder of a run of this kind, beside its log. */
  readonly marks: readonly string[];
  /** A name in the folder of a run of another kind with the same log, and that run's command: it is not gone on with. */
  readonly other?: { readonly name: string; readonly command: string };
  /** Whether a file is a result of a run, or would be read together with a new result: --overwrite removes it. */
  readonly isResult: (name: string) => boolean;
  /** The result that says that a run came to its end: --overwrite removes it before all others. */
  readonly main: string;
}

export interface RunFolderOptions {
  /** The folder of the run; created if it is missing. */
  readonly output: string;
  /** Go on with the run in the folder. */
  readonly resume?: unknown;
  /** Replace the files of an earlier run in the folder. */
  readonly overwrite?: boolean | undefined;
  /** Models that the run reads: their folders are not overwritten. */
  readonly read?: readonly string[];
}

export interface LogEntry {
  readonly kind: string;
  readonly [key: string]: unknown;
}

/**
 * The folder of a run, locked against other processes until it is disposed.
 *
 * The files of an earlier run stay until {@link begin}, so that a mistake on the command line costs nothing.
 */
export class RunFolder implements AsyncDisposable {
  readonly path: string;
  readonly #kind: RunKind;
  readonly #options: RunFolderOptions;
  readonly #lock: FileLock;
  #begun = false;
  #log: JsonLinesLog | undefined;

  private constructor(kind: RunKind, options: RunFolderOptions, lock: FileLock) {
    this.path = options.output;
    this.#kind = kind;
    this.#options = options;
    this.#lock = lock;
  }

  /**
   * Locks a folder that is missing or empty; with `resume` or `overwrite` one that holds a run of this kind, but not that
   * of a model that is read. Temporary files of killed processes are removed.
   *
   * @throws OptionError; FileError where something is there already, or another process holds the lock
   */
  static async open(kind: RunKind, options: RunFolderOptions): Promise<RunFolder> {
    const { output, resume, overwrite = false, read = [] } = options;
    if (resume && overwrite) throw new OptionError('--resume and --overwrite contradict each other: leave one out');
    if (((await kindOfPath(output)) ?? 'folder') !== 'folder') {
      throw new OptionError(`${output} is a file: name a folder for the ${kind.result}`);
    }
    if (overwrite && read.some((model) => resolve(model) === resolve(output))) {
      throw new OptionError(`${output} holds a model that this run reads: name another folder`);
    }
    const folder = new RunFolder(kind, options, await lockFolder(output));
    try {
      await folder.#check();
      return folder;
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  }

  get checkpoints(): string {
    return join(this.path, checkpointsName);
  }

  /** The path of a file in the folder. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Whether a run came to its end here. */
  async isFinished(): Promise<boolean> {
    return (await kindOfPath(this.file(this.#kind.main))) === 'file';
  }

  /** Removes the files of an earlier run if they are to be replaced. Call it after all other checks. */
  async begin(): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    if (!this.#options.overwrite) return;
    const names = await listFolder(this.path);
    // Without checkpoints, and while the main result is there, the folder is that of a finished run.
    const first = [checkpointsName, this.#kind.main].filter((name) => names.includes(name));
    const results = names.filter((name) => this.#kind.isResult(name));
    // Last: until then a run that is killed here leaves a folder that --overwrite takes.
    const marks = names.filter((name) => this.#isMark(name));
    for (const name of [...first, ...results, ...marks]) await removePath(this.file(name));
  }

  /** Opens the log. Removes the entries that are not kept: a run that was killed after its last checkpoint repeats them. */
  async openLog(isKept: (entry: LogEntry) => boolean): Promise<void> {
    const entries = await this.entries();
    if (entries.length > 0) {
      // A run that was killed while it saved its result ends a second time.
      const lines = entries.filter((entry) => entry.kind !== 'done' && isKept(entry));
      await writeFileAtomic(this.file(this.#kind.log), lines.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    }
    this.#log = await JsonLinesLog.open(this.file(this.#kind.log));
  }

  async append(entry: Pick<LogEntry, 'kind'>): Promise<void> {
    await this.#log?.append(entry);
  }

  /** The entries of the log; without a last line that was cut off. */
  async entries(): Promise<LogEntry[]> {
    const file = this.file(this.#kind.log);
    if ((await kindOfPath(file)) === undefined) return [];
    return (await readText(file)).split('\n').flatMap((line) => {
      try {
        const entry: unknown = JSON.parse(line);
        return typeof entry === 'object' && entry !== null && 'kind' in entry ? [entry as LogEntry] : [];
      } catch {
        return [];
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#log?.close();
    await this.#lock.release();
    // Where the run never began.
    await removeEmptyFolder(this.path);
  }

  async #check(): Promise<void> {
    const { resume, overwrite = false } = this.#options;
    const found = (await listFolder(this.path)).filter((name) => name !== lockName);
    await clearLeftovers(this.path, { locked: true });
    await clearLeftovers(this.checkpoints, { locked: true });
    if (found.length === 0) return;
    const isRun = found.some((name) => this.#isMark(targetOfTemporary(name) ?? name));
    if (resume && !isRun) throw new OptionError(`${this.path} does not hold a run to resume: name another folder`);
    const { isResult } = this.#kind;
    if (!isRun || found.some((name) => isWeightsFile(name) && !isResult(name))) {
      throw new FileError(
        this.path,
        `is not empty and is not the folder of a run that finds a ${this.#kind.result}: name another folder`,
      );
    }
    if (overwrite) return;
    if (!resume) {
      throw new FileError(this.path, `holds a run already: --resume goes on with it, --overwrite replaces it`);
    }
    const { other } = this.#kind;
    if (other && found.includes(other.name)) {
      throw new OptionError(
        `${this.path} holds a run of ${other.command}: go on with that command, name another folder, or replace it with --overwrite`,
      );
    }
  }

  /** Not checkpoints: other programs have a folder of this name, too. */
  #isMark(name: string): boolean {
    return [this.#kind.log, ...this.#kind.marks].includes(name);
  }
}

/** Whether an entry of a trainer's log is before the place where the run resumes. */
export function isBefore({ step, checked }: { readonly step: number; readonly checked: number }) {
  return ({ kind, step: at }: LogEntry): boolean =>
    typeof at === 'number' && (kind === 'validation' ? at <= checked : step > 0 && at <= step);
}
