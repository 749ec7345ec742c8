/** @file The worker process: holds model and index, and computes. The server process stays free to answer. */
import { Readable, Writable } from 'node:stream';
import { type ClassifierInfo, nodeWorkerRuntime, PostgresIndex, RelationClassifier } from 'relbert';
import {
  createTerminal,
  describeError,
  isWrongUsage,
  loadEncoder,
  type ModelFlags,
  openPairIndex,
  requireModel,
} from 'relbert/cli';
import { type Loaded, tasks } from './tasks.ts';
import type { AnswerMessage, FromWorker, JobMessage, ToWorker, WorkerInfo, WorkerSpec } from './worker-message.ts';

/** Errors of the library that say that the words or the condition of a request cannot be. */
const refusals: readonly string[] = ['PairError', 'PromptTooLongError', 'PoolingError', 'EmbeddingError'];

/** Not sent yet. */
const answers: AnswerMessage[] = [];
const running = new Map<number, AbortController>();
let loaded: Loaded | undefined;

// The server decides when the worker ends: a Ctrl-C reaches both.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToWorker) => {
  if (message.kind === 'load') void load(message.spec);
  else if (message.kind === 'run') for (const job of message.jobs) void run(job);
  else if (message.kind === 'cancel') running.get(message.id)?.abort();
  else send({ kind: 'pong' });
});

function send(message: FromWorker): void {
  // Where the server has gone `disconnect` comes next: no reason to complain.
  if (process.connected) process.send?.(message, () => {});
}

async function load(spec: WorkerSpec): Promise<void> {
  try {
    loaded = await open(spec);
    send({ kind: 'loaded', info: await infoOf(loaded, spec) });
  } catch (error) {
    send({ kind: 'failed', message: describeError(error), usage: isWrongUsage(error) });
  }
}

async function open({ index: indexPlace, classifier: classifierFolder, ...flags }: WorkerSpec): Promise<Loaded> {
  const terminal = createTerminal({
    stdin: Readable.from([]),
    stdout: notes(),
    stderr: notes(),
    env: process.env,
    signal: new AbortController().signal,
    worker: true,
  });
  const index = indexPlace === undefined ? undefined : await openPairIndex(indexPlace);
  const fitted = classifierFolder === undefined ? undefined : await RelationClassifier.describe(classifierFolder);
  const base = encoderOf(fitted);
  const { encoder } = index
    ? await requireModel(index, flags, terminal)
    : {
        encoder: await loadEncoder({ ...base, ...flags, model: flags.model ?? base.model }, terminal, { worker: true }),
      };
  const classifier =
    classifierFolder === undefined ? undefined : await RelationClassifier.load(classifierFolder, { encoder });
  return { encoder, index, classifier, runtime: nodeWorkerRuntime() };
}

/** The encoder that a classifier was fitted to; without a classifier the embedded one. */
function encoderOf(fitted: ClassifierInfo | undefined): ModelFlags {
  if (!fitted) return { model: 'embedded' };
  const { name, pooling, dtype, template, prompt } = fitted.encoder;
  return { model: name, pooling, dtype, ...(template && { template: prompt }) };
}

/** What commands say to a person goes to the log. */
function notes(): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: string, _, done) {
      send({ kind: 'note', message: chunk.trimEnd() });
      done();
    },
  });
}

async function infoOf({ encoder, index, classifier }: Loaded, { model }: WorkerSpec): Promise<WorkerInfo> {
  const { prompt, pooling, dimension } = encoder.info;
  return {
    model: model ?? index?.model.name ?? classifier?.info.encoder.name ?? 'embedded',
    dimension,
    prompt: prompt.text,
    pooling,
    ...(index && { index: { pairs: await index.count(), columns: index.columns } }),
    ...(classifier && { labels: classifier.info.labels }),
  };
}

async function run({ id, operation, body }: JobMessage): Promise<void> {
  const controller = new AbortController();
  running.set(id, controller);
  try {
    const task = tasks[operation];
    if (!task || !loaded) throw new Error(`nothing computes '${operation}'`);
    const answer = await task(loaded, body as never, controller.signal);
    if (answers.push({ id, json: Buffer.from(JSON.stringify(answer)) }) === 1) setImmediate(sendAnswers);
  } catch (error) {
    if (!controller.signal.aborted) refuse(id, error);
  } finally {
    running.delete(id);
  }
}

function sendAnswers(): void {
  send({ kind: 'answers', answers: answers.splice(0) });
}

function refuse(id: number, error: unknown): void {
  const { name, message } = error as Error;
  // The runtime or its thread is broken: a new process answers what this one leaves.
  if (name === 'RuntimeError') {
    process.stderr.write(`${message}\n`, () => process.exit(1));
    return;
  }
  if (refusals.includes(name)) send({ kind: 'refusal', id, detail: message, fault: 'client' });
  else if (name === 'WhereError') {
    send({ kind: 'refusal', id, detail: message, fault: 'client' });
  } else if (name === 'IndexError' && loaded?.index instanceof PostgresIndex) {
    send({ kind: 'refusal', id, detail: message, fault: 'database' });
  } else {
    const detail = error instanceof Error ? (error.stack ?? message) : String(error);
    send({ kind: 'refusal', id, detail, fault: 'server' });
  }
}
