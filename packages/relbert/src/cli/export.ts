/** `relbert export`: a relation encoder as one ONNX file for other programs. */
import { poolings } from '../encoder/pooling-table.ts';
import { command } from './command.ts';
import { checkUsage } from './exit.ts';
import { fetchProgress } from './fetch-progress.ts';
import { modelOptions } from './model-options.ts';
import { choice, type Flags, required, text, withDefault } from './option.ts';
import type { Terminal } from './terminal.ts';

const options = {
  model: withDefault(text('<model>', 'folder, hub id, id@revision, or "embedded"'), 'embedded'),
  format: withDefault(choice('<format>', 'file format', ['onnx']), 'onnx'),
  dtype: withDefault(choice('<dtype>', 'of the weights in the file', ['f32', 'f16', 'int8']), 'f32'),
  opset: withDefault(
    choice('<operators>', 'onnxruntime: its own operators where they are faster; plain: the ONNX standard only', [
      'onnxruntime',
      'plain',
    ]),
    'onnxruntime',
  ),
  pooling: text('<pooling>', `${poolings.join(', ')} (default: the checkpoint's)`),
  output: required(text('<file>', 'file to write')),
  offline: modelOptions.offline,
};

export const exportCommand = command({
  name: 'export',
  summary: 'write an encoder as one ONNX file',
  description: 'Writes a relation encoder as one ONNX file: token ids of prompts in, relation embeddings out.',
  options,
  examples: [
    'relbert export --model my-encoder --dtype int8 --output encoder.onnx',
    'relbert export --opset plain --output for-openvino.onnx',
  ],
  run: (_, flags, terminal) => run(flags, terminal),
});

async function run(
  { model, dtype, opset, pooling: name, output, offline }: Flags<typeof options>,
  terminal: Terminal,
): Promise<void> {
  const { parsePooling } = await import('../encoder/pooling.ts');
  const pooling = name === undefined ? undefined : checkUsage(() => parsePooling(name));
  const { openModel } = await import('../node/open-model.ts');
  const { exportOnnx } = await import('../encoder/export-onnx.ts');
  const { writeFileAtomic } = await import('../node/files.ts');
  const fetching = fetchProgress(terminal, offline);
  try {
    const files = await openModel(model, fetching.hub);
    const exported = await exportOnnx(files, { dtype, opset, ...(pooling && { pooling }) });
    await writeFileAtomic(output, exported.model, { signal: terminal.signal });
    terminal.note(
      `inputs ${exported.inputs.join(', ')} (int64 [B, T]), output embedding [B, ${exported.dimension}]; pooling ${exported.pooling}; write pairs into: ${exported.prompt}`,
    );
    const { softIds } = exported;
    if (softIds) {
      const { first, top, mid, bottom } = softIds;
      terminal.note(
        `the soft prompt's ${top} + ${mid} + ${bottom} vectors have the ids ${first} to ${first + top + mid + bottom - 1} in input_ids, in the prompt's order`,
      );
    }
    await terminal.print(output);
  } finally {
    await fetching.stop();
  }
}
