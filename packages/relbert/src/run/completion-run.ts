/** Answers to questions of completion in a folder: a run that was stopped goes on after its last answer. */
import type { CompletionQuestion } from '../evaluate/completion.ts';
import { FileError } from '../node/file-error.ts';
import { writeFileAtomic } from '../node/files.ts';
import { checkSameConfiguration, type Json, plainJson } from '../train/configuration.ts';
import { type LogEntry, RunFolder, type RunFolderOptions, type RunKind } from './run-folder.ts';

const figuresName = 'figures.json';

const completionRun: RunKind = {
  result: 'set of answers',
  log: 'answers.jsonl',
  marks: [],
  main: figuresName,
  isResult: (name) => name === figuresName,
};

/** `answers.jsonl` grows by a line with each question; `figures.json` comes at the end. */
export class CompletionRun implements AsyncDisposable {
  readonly #folder: RunFolder;
  #answers = new Map<number, readonly string[]>();

  private constructor(folder: RunFolder) {
    this.#folder = folder;
  }

  /** @throws OptionError, FileError as {@link RunFolder.open} does */
  static async open(options: RunFolderOptions): Promise<CompletionRun> {
    return new CompletionRun(await RunFolder.open(completionRun, options));
  }

  /**
   * Reads the answers of the run that is resumed.
   *
   * @param configuration What decides the answers: model, words, questions
   * @returns how many questions have their answers
   * @throws ConfigurationMismatchError where the folder's run had another one, FileError for a line that is not an answer
   */
  async begin(configuration: object): Promise<number> {
    await this.#folder.begin();
    const entries = await this.#folder.entries();
    const start = entries.find(({ kind }) => kind === 'start');
    const now = plainJson(configuration);
    if (start) checkSameConfiguration(start['configuration'] as Json, now);
    const isAnswer = ({ kind }: LogEntry): boolean => start !== undefined && kind === 'answer';
    for (const entry of entries.filter(isAnswer)) {
      const { question, words } = entry;
      if (typeof question !== 'number' || !Array.isArray(words) || !words.every((word) => typeof word === 'string'))
        throw new FileError(
          this.#folder.file(completionRun.log),
          `holds ${JSON.stringify(entry)}: start anew with --overwrite`,
        );
      this.#answers.set(question, words);
    }
    await this.#folder.openLog(({ kind }) => start !== undefined && (kind === 'start' || kind === 'answer'));
    const first: LogEntry = { kind: 'start', configuration: now };
    if (!start) await this.#folder.append(first);
    return this.#answers.size;
  }

  /** The answers to a question, from the folder or from `find`, then in the folder. */
  async answers(
    index: number,
    { relation, example, word }: CompletionQuestion,
    find: () => Promise<readonly string[]>,
  ): Promise<readonly string[]> {
    const before = this.#answers.get(index);
    if (before) return before;
    const words = await find();
    const entry: LogEntry = { kind: 'answer', question: index, relation, pair: example, word, words };
    await this.#folder.append(entry);
    return words;
  }

  /** Writes `figures.json`. */
  async end(figures: object): Promise<void> {
    await writeFileAtomic(this.#folder.file(figuresName), `${JSON.stringify(figures)}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}
