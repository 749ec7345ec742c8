/**
 * @file A classifier in a folder: `classifier.json` (labels, the encoder's identity, figures) and
 * `classifier.safetensors` (weights, and embeddings of a few pairs that the encoder must give again).
 */
import * as z from 'zod';
import { parameterShape } from '../evaluate/classifier-graph.ts';
import { bytesSource } from '../formats/byte-source.ts';
import { CheckpointError } from '../formats/checkpoint-error.ts';
import { openSafetensors } from '../formats/safetensors.ts';
import { safetensorsChunks } from '../formats/safetensors-write.ts';
import { sha256 } from '../formats/sha256.ts';
import { excerpt } from '../text/excerpt.ts';
import { isJsonObject, parseJson } from '../text/json.ts';
import { describeIssues } from '../text/schema-path.ts';
import { ClassifierError } from './error.ts';
import { classifierMethods, type FitFigures, type TrainedModel } from './fit.ts';

export const CLASSIFIER_FILES = { description: 'classifier.json', weights: 'classifier.safetensors' } as const;

const encoderSchema = z.strictObject({
  /** As `load` takes it: a folder, `id@revision`, `embedded`. */
  name: z.string(),
  prompt: z.string(),
  /** Whether the prompt is a template, so that the text alone makes it again. */
  template: z.boolean(),
  pooling: z.string(),
  /** Length of one embedding. */
  dimension: z.number().int().positive(),
  dtype: z.enum(['f32', 'int8']),
});

/** Which encoder a classifier was fitted to. */
export type ClassifierEncoder = z.infer<typeof encoderSchema>;

const schema = z.strictObject({
  format: z.literal('relbert-classifier'),
  version: z.literal(1),
  method: z.enum(classifierMethods),
  labels: z.array(z.string()).min(2),
  encoder: encoderSchema,
  /** Scores are divided by it. */
  temperature: z.number().positive(),
  /** Pairs whose best label is less probable are `other`. */
  other: z.number().min(0).max(1).nullable(),
  /** Units of the MLP's hidden layer. */
  hidden: z.number().int().positive().nullable(),
  /** SHA-256 of classifier.safetensors, in hexadecimal digits. */
  weights: z.string().regex(/^[0-9a-f]{64}$/),
  figures: z.custom<FitFigures>(isJsonObject),
});

/** What a classifier is, without its encoder. */
export interface ClassifierParts {
  readonly model: TrainedModel;
  readonly labels: readonly string[];
  readonly encoder: ClassifierEncoder;
  readonly temperature: number;
  readonly other: number | undefined;
  readonly figures: FitFigures;
  /** Embeddings [4, dimension] of the encoder's probe pairs. */
  readonly probes: Float32Array;
}

/** The files of a classifier by name. */
export async function classifierFiles(parts: ClassifierParts): Promise<ReadonlyMap<string, string | Uint8Array>> {
  const { model, labels, encoder, temperature, other, figures, probes } = parts;
  const [first, second] =
    model.method === 'mlp'
      ? [model.network.weights.hidden, model.network.weights.rest]
      : [model.linear.weights, model.linear.bias];
  const tensors = { first, second, probes };
  const chunks: Uint8Array[] = [];
  for await (const chunk of safetensorsChunks(
    Object.entries(tensors).map(([name, data]) => ({
      ...{ name, shape: [data.length], type: 'F32' as const },
      data: async () => data,
    })),
  )) {
    chunks.push(chunk);
  }
  const weights = new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  const content: z.input<typeof schema> = {
    ...{ format: 'relbert-classifier', version: 1, method: model.method, labels: [...labels], encoder, temperature },
    other: other ?? null,
    hidden: model.method === 'mlp' ? model.network.shape.hidden : null,
    weights: await sha256(weights),
    figures,
  };
  const checksum = await sha256(new TextEncoder().encode(JSON.stringify(content)));
  return new Map<string, string | Uint8Array>([
    [CLASSIFIER_FILES.description, `${JSON.stringify({ ...content, checksum }, null, 2)}\n`],
    [CLASSIFIER_FILES.weights, weights],
  ]);
}

/** Reads a classifier. @throws ClassifierError for a folder without one, or with a damaged one */
export async function readClassifier(
  origin: string,
  read: (name: string) => Promise<Uint8Array | undefined>,
): Promise<ClassifierParts> {
  const again = 'restore the file, or fit the classifier again';
  const file = `${origin}/${CLASSIFIER_FILES.description}`;
  const bytes = await read(CLASSIFIER_FILES.description);
  if (!bytes) {
    throw new ClassifierError(`${file}: there is no such file; name a folder that relbert classify fit has written`);
  }
  const text = new TextDecoder().decode(bytes);
  const json = parseJson(text, () => new ClassifierError(`${file}: not JSON; ${again}`));
  if (!isJsonObject(json) || json['format'] !== 'relbert-classifier') {
    throw new ClassifierError(`${file}: not a classifier of relbert`);
  }
  const { checksum, ...content } = json;
  if (content['version'] !== 1) {
    throw new ClassifierError(
      `${file}: version ${excerpt(content['version'])} of the format is not known here (1 is); use a newer relbert`,
    );
  }
  if (checksum !== (await sha256(new TextEncoder().encode(JSON.stringify(content))))) {
    throw new ClassifierError(`${file}: the file is damaged: its checksum does not fit; ${again}`);
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success) {
    throw new ClassifierError(`${file}: ${describeIssues(schema, parsed.error.issues, content)}; ${again}`);
  }
  const { method, labels, encoder, temperature, other, hidden, figures } = parsed.data;
  const dimension = 2 * encoder.dimension;
  const outputs = labels.length === 2 ? 1 : labels.length;
  const shape = { dimension, hidden: hidden ?? 0, outputs };
  const size = (name: 'hidden' | 'rest'): number => parameterShape(name, shape).reduce((a, b) => a * b, 1);
  const sizes = method === 'mlp' ? [size('hidden'), size('rest')] : [labels.length * dimension, labels.length];
  const weightsFile = `${origin}/${CLASSIFIER_FILES.weights}`;
  const weights = await read(CLASSIFIER_FILES.weights);
  if (!weights) throw new ClassifierError(`${weightsFile}: there is no such file; ${again}`);
  if ((await sha256(weights)) !== parsed.data.weights) {
    throw new ClassifierError(
      `${weightsFile}: damaged, or of another classifier: its checksum is not the one in ${CLASSIFIER_FILES.description}; ${again}`,
    );
  }
  const tensors = await readTensors(weightsFile, weights, {
    ...{ first: sizes[0] as number, second: sizes[1] as number, probes: 2 * PROBES.length * encoder.dimension },
  });
  const [first, second, probes] = tensors as [Float32Array, Float32Array, Float32Array];
  const model: TrainedModel =
    method === 'mlp'
      ? { method, network: { shape, classes: labels, weights: { hidden: first, rest: second } } }
      : { method, linear: { classes: labels, dimension, weights: first, bias: second } };
  return { model, labels, encoder, temperature, other: other ?? undefined, figures, probes };
}

async function readTensors(
  file: string,
  bytes: Uint8Array,
  sizes: Readonly<Record<string, number>>,
): Promise<Float32Array[]> {
  try {
    const store = await openSafetensors(bytesSource(file, bytes));
    return await Promise.all(
      Object.entries(sizes).map(async ([name, size]) => {
        const tensor = store.get(name);
        const data = tensor?.type === 'F32' ? await tensor.bytes() : undefined;
        if (data?.byteLength !== 4 * size) {
          throw new ClassifierError(`${file}: the tensor "${name}" should hold ${size} float32 numbers`);
        }
        // A copy, which slice of a Buffer is not.
        return new Float32Array(new Uint8Array(data).buffer);
      }),
    );
  } catch (error) {
    throw error instanceof CheckpointError ? new ClassifierError(error.message, { cause: error }) : error;
  }
}

/** Pairs whose embeddings, in both directions, tell encoders apart. */
export const PROBES = [
  { head: 'Tokyo', tail: 'Japan' },
  { head: 'hot', tail: 'cold' },
] as const;
