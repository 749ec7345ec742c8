import { openLanguageModel, relationModel } from '../../src/encoder/language-model.ts';
import { loadEncoderParts } from '../../src/encoder/load-encoder.ts';
import { RelationEncoder } from '../../src/encoder/relation-encoder.ts';
import { parsePrompt2021 } from '../../src/encoder/relbert-config.ts';
import { bytesSource, type CheckpointFiles } from '../../src/formats/byte-source.ts';
import { parseJsonObject } from '../../src/formats/json-file.ts';
import { openSafetensors } from '../../src/formats/safetensors.ts';
import { type TensorStore, weightsOf } from '../../src/formats/tensor-store.ts';
import { openTorchPickle } from '../../src/formats/torch-pickle.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';
import { bytesOf, type Files, fixture, modelFixture, textOf } from './files.ts';
import { REPLACEABLE, type Reader, safetensorsHeader, single } from './reader.ts';

const runtime = nodeRuntime();

function memoryFiles(files: Files): CheckpointFiles {
  return { origin: 'model', list: async () => Object.keys(files), read: async (name) => files[name] };
}

/** Opens a model and encodes a pair. */
async function embedding(files: Files): Promise<unknown> {
  const parts = await loadEncoderParts(memoryFiles(files), runtime, { threads: 1 });
  await using encoder = new RelationEncoder(parts);
  return (await encoder.encode([['Tokyo', 'Japan']])).data;
}

async function promptOf(files: Files): Promise<unknown> {
  const { prompt: made, pooling } = relationModel(await openLanguageModel(memoryFiles(files)));
  return { pooling, kind: made.kind, vectors: made.vectors, encoded: made.encode({ head: 'Tokyo', tail: 'Japan' }) };
}

async function tensorsOf(store: TensorStore): Promise<unknown> {
  const weights = weightsOf('model', store);
  const tensors: unknown[] = [];
  for (const name of store.keys()) tensors.push(name, await weights.get(name).catch(notFinite));
  return tensors;
}

/** A weight that is not finite is refused; the others may be sound. */
function notFinite(error: unknown): string {
  if (error instanceof Error && error.name === 'CheckpointError') return error.message;
  throw error;
}

export function checkpointReaders(): Reader[] {
  const configs = ['bert', 'albert-v1', 'mpnet', 'deberta-v2', 'modernbert', 'electra'].map(
    (family): Reader => ({
      name: `config.json of ${family}`,
      files: modelFixture(family),
      damaged: 'config.json',
      read: embedding,
      otherResult: REPLACEABLE,
    }),
  );
  const forms = ['2021-manual', '2021-trigger', '2022', '2023'].map((form): Reader => {
    const { relbert_config } = JSON.parse(
      textOf(fixture(`checkpoint/relbert-config/${form}.json`)).replace(/\b\d{3,}\b/g, (id) =>
        String(Number(id) % 100),
      ),
    );
    const model = modelFixture('bert');
    const config = JSON.parse(textOf(model['config.json'] as Uint8Array));
    const seal = (json: Uint8Array) =>
      bytesOf(
        JSON.stringify({ ...config, relbert_config: 0 }).replace(
          '"relbert_config":0',
          () => `"relbert_config":${textOf(json)}`,
        ),
      );
    return {
      name: `relbert_config of ${form}`,
      files: { ...model, 'config.json': seal(bytesOf(JSON.stringify(relbert_config))) },
      damaged: 'config.json',
      part: { bytes: bytesOf(JSON.stringify(relbert_config)), seal },
      read: promptOf,
      otherResult: REPLACEABLE,
    };
  });
  const soft = JSON.parse(textOf(fixture('checkpoint/relbert-config/2021-soft.json'))).relbert_config.template;
  const tensors = fixture('checkpoint/tensors.safetensors');
  const safetensors = (bytes: Uint8Array) => openSafetensors(bytesSource('tensors.safetensors', bytes)).then(tensorsOf);
  const pickles = ['legacy.bin', 'zip.bin', 'training.bin'].map((name) =>
    single(name, fixture(`checkpoint/${name}`), async (bytes) => tensorsOf(openTorchPickle(name, bytes))),
  );
  const shards = [
    'model.safetensors.index.json',
    'model-00001-of-00002.safetensors',
    'model-00002-of-00002.safetensors',
  ];
  const sharded: Files = {
    ...{ 'config.json': fixture('encoder/bert/config.json'), 'tokenizer.json': fixture('encoder/bert/tokenizer.json') },
    ...Object.fromEntries(shards.map((name) => [name, fixture(`checkpoint/sharded/${name}`)])),
  };
  return [
    ...configs,
    ...forms,
    single('prompt.json', bytesOf(JSON.stringify(soft)), (bytes) =>
      parsePrompt2021(parseJsonObject('prompt.json', bytes), 'prompt.json'),
    ),
    single('tensors.safetensors', tensors, safetensors),
    single('tensors.safetensors', tensors, safetensors, {
      name: 'header of tensors.safetensors',
      part: safetensorsHeader(tensors),
    }),
    ...pickles,
    {
      name: 'model.safetensors.index.json',
      files: sharded,
      damaged: 'model.safetensors.index.json',
      async read(files) {
        const { weights } = await openLanguageModel(memoryFiles(files));
        return [...weights.names].sort();
      },
      otherResult: 'a tensor that the index does not name is not part of the model',
    },
  ];
}
