/** `relbert export`: a relation encoder as one ONNX file for other programs, or as a folder with weights of another type. */
import type { OnnxExport } from '../encoder/export-onnx.ts';
import { poolings } from '../encoder/pooling-table.ts';
import { command } from './command.ts';
import { checkUsage, UsageError } from './exit.ts';
import { fetchProgress } from './fetch-progress.ts';
import { modelOptions } from './model-options.ts';
import { aboveZero, choice, type Flags, flag, number, required, text, withDefault } from './option.ts';
import type { Terminal } from './terminal.ts';

const options = {
  model: withDefault(text('<model>', 'folder, hub id, id@revision, or "embedded"'), 'embedded'),
  format: withDefault(
    choice('<format>', 'onnx: one file; safetensors: a folder in HuggingFace layout', ['onnx', 'safetensors']),
    'onnx',
  ),
  dtype: withDefault(choice('<dtype>', 'of the weights in the file', ['f32', 'f16', 'int8']), 'f32'),
  opset: withDefault(
    choice('<operators>', 'onnxruntime: its own operators where they are faster; plain: the ONNX standard only', [
      'onnxruntime',
      'plain',
    ]),
    'onnxruntime',
  ),
  shardSize: number(
    '<MB>',
    'with --format safetensors: most megabytes of weights a file (default: one file)',
    aboveZero,
  ),
  pooling: text('<pooling>', `${poolings.join(', ')} (default: the checkpoint's)`),
  output: required(text('<path>', 'file or folder to write; - writes an ONNX file to standard output')),
  overwrite: flag('with --format safetensors: replace a model that stands in the folder'),
  offline: modelOptions.offline,
};

export const exportCommand = command({
  name: 'export',
  summary: 'write an encoder as one ONNX file, or with weights of another type',
  description:
    'Writes a relation encoder as one ONNX file: token ids of prompts in, relation embeddings out. Or, with ' +
    '--format safetensors, as a folder with weights in 32, 16 or 8 bits: transformers reads all but those in 8.',
  options,
  examples: [
    'relbert export --model my-encoder --dtype int8 --output encoder.onnx',
    'relbert export --opset plain --output for-openvino.onnx',
    'relbert export --model my-encoder --format safetensors --dtype int8 --output my-encoder-int8',
    'relbert export --format safetensors --dtype f16 --output embedded-f16',
  ],
  run: (_, flags, terminal) => run(flags, terminal),
});

async function run(
  { model: name, format, dtype, opset, shardSize, pooling: pooled, output, overwrite, offline }: Flags<typeof options>,
  terminal: Terminal,
): Promise<void> {
  const { openOutput, outputFile } = await import('./output.ts');
  if (format === 'safetensors' && pooled !== undefined) {
    throw new UsageError('--pooling goes with --format onnx: a folder keeps the pooling of its checkpoint');
  }
  if (format === 'safetensors' && opset !== 'onnxruntime') {
    throw new UsageError('--opset goes with --format onnx: a folder holds weights and no operators');
  }
  const path = outputFile(output);
  if (format === 'safetensors' && path === undefined) {
    throw new UsageError(`--output ${output}: --format safetensors writes a folder: name one`);
  }
  if (format === 'onnx' && shardSize !== undefined) {
    throw new UsageError('--shard-size goes with --format safetensors: an ONNX file is one file');
  }
  if (format === 'onnx' && overwrite) {
    throw new UsageError('--overwrite goes with --format safetensors: an ONNX file is replaced without it');
  }
  const { parsePooling } = await import('../encoder/pooling.ts');
  const pooling = pooled === undefined ? undefined : checkUsage(() => parsePooling(pooled));
  const { openModel } = await import('../node/open-model.ts');
  const { nodeRuntime } = await import('../node/runtime.ts');
  const { lockModelFolder, requireReplaceable, saveModel } = await import('../node/save.ts');
  // Now, not after the model is fetched.
  if (format === 'safetensors') await requireReplaceable(output, { overwrite });
  const fetching = fetchProgress(terminal, offline);
  const { signal } = terminal;
  try {
    const model = await openModel(name, fetching.hub);
    if (format === 'safetensors') {
      // Made when the model is found, which may have the same name.
      await using _lock = await lockModelFolder(output, { overwrite });
      const { int8Tensors } = await import('../encoder/int8-weights.ts');
      await saveModel({
        folder: output,
        source: model.checkpoint,
        ...(dtype === 'int8' ? { int8: await int8Tensors(model, nodeRuntime(), { signal }) } : { dtype }),
        shardBytes: shardSize && shardSize * 1e6,
        signal,
      });
    } else {
      const { exportOnnx } = await import('../encoder/export-onnx.ts');
      const exported = await exportOnnx(model, {
        dtype,
        opset,
        runtime: nodeRuntime(),
        signal,
        ...(pooling && { pooling }),
      });
      const file = await openOutput(path, terminal);
      try {
        await file.write(exported.model);
        await file.commit();
      } finally {
        await file.discard();
      }
      note(terminal, exported);
    }
    if (path !== undefined) await terminal.print(path);
  } finally {
    await fetching.stop();
  }
}

function note(terminal: Terminal, { inputs, dimension, pooling, prompt, softIds, triggerIds }: OnnxExport): void {
  terminal.note(
    `inputs ${inputs.join(', ')} (int64 [B, T]), output embedding [B, ${dimension}]; pooling ${pooling}; write pairs into: ${prompt}`,
  );
  if (triggerIds) {
    const [top, mid, bottom] = [triggerIds.top, triggerIds.mid, triggerIds.bottom].map(
      (ids) => ids.join(', ') || 'none',
    );
    terminal.note(
      `the prompt's trigger tokens have these ids in input_ids (its text may be split into others): ${top} before the head word, ${mid} between the words, ${bottom} after the tail word`,
    );
  }
  if (!softIds) return;
  const { first, top, mid, bottom } = softIds;
  terminal.note(
    `the soft prompt's ${top} + ${mid} + ${bottom} vectors have the ids ${first} to ${first + top + mid + bottom - 1} in input_ids, in the prompt's order`,
  );
}
