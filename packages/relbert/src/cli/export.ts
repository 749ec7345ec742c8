/** `relbert export`: a relation encoder as one ONNX file for other programs. */
import { type Command, Option } from 'commander';
import { poolings } from '../encoder/pooling-table.ts';
import { examples } from './examples.ts';
import { checkUsage } from './exit.ts';
import { fetchProgress } from './fetch-progress.ts';
import type { Terminal } from './terminal.ts';

interface ExportFlags {
  readonly model: string;
  readonly format: 'onnx';
  readonly dtype: 'f32' | 'f16' | 'int8';
  readonly pooling?: string;
  readonly output: string;
  readonly offline?: boolean;
}

export function addExportCommand(program: Command, terminal: Terminal): void {
  program
    .command('export')
    .summary('write an encoder as one ONNX file')
    .description('Writes a relation encoder as one ONNX file: token ids of prompts in, relation embeddings out.')
    .option('--model <model>', 'folder, hub id, id@revision, or "embedded"', 'embedded')
    .addOption(new Option('--format <format>', 'file format').choices(['onnx']).default('onnx'))
    .addOption(
      new Option('--dtype <dtype>', 'of the weights in the file').choices(['f32', 'f16', 'int8']).default('f32'),
    )
    .option('--pooling <pooling>', `${poolings.join(', ')} (default: the checkpoint's own)`)
    .requiredOption('--output <file>', 'file to be written')
    .option('--offline', 'use the cache only, ask no server (as HF_HUB_OFFLINE=1 does)')
    .addHelpText('after', examples(['relbert export --model my-encoder --dtype int8 --output encoder.onnx']))
    .action((flags: ExportFlags) => run(flags, terminal));
}

async function run({ model, dtype, pooling: name, output, offline }: ExportFlags, terminal: Terminal): Promise<void> {
  const { parsePooling } = await import('../encoder/pooling.ts');
  const pooling = name === undefined ? undefined : checkUsage(() => parsePooling(name));
  const { openModel } = await import('../node/open-model.ts');
  const { exportOnnx } = await import('../encoder/export-onnx.ts');
  const { writeFileAtomic } = await import('../node/files.ts');
  const fetching = fetchProgress(terminal, offline);
  try {
    const files = await openModel(model, fetching.hub);
    const exported = await exportOnnx(files, { dtype, ...(pooling && { pooling }) });
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
