/** `relbert classify predict`: the relations of pairs, as a stream in constant memory. */
import type { Prediction } from '../index.ts';
import { command } from './command.ts';
import { UsageError } from './exit.ts';
import { loadEncoder, modelOptions } from './model-options.ts';
import { choice, flag, number, outputText, probability, required, text } from './option.ts';
import { openPairs } from './pair-input.ts';

const { maxLength, batchTokens, threads, device, offline, prompt } = modelOptions;

export const classifyPredict = command({
  name: 'predict',
  summary: 'label pairs with a classifier',
  description:
    'Labels pairs with a classifier of relbert classify fit, in the order given and in constant memory: head, tail, label and probability, separated by tabs, or as JSON lines. Tables that classify fit reads are read here too; their labels are left out.',
  arguments: [['[pair...]', 'HEAD:TAIL, or JSON: \'["head", "tail"]\'']],
  options: {
    model: required(text('<dir>', 'folder that relbert classify fit has written')),
    pairs: text('<file>', '.tsv, .csv, .jsonl or .txt file, or package/NAME; - reads standard input'),
    encoder: text('<model>', 'where its encoder is now: folder, hub id, id@revision (default: the name it had)'),
    prompt,
    other: number('<probability>', 'pairs whose label is less probable are "other" (default: as fitted)', probability),
    output: outputText('where to write (default, or -: standard output)'),
    ...{ maxLength, batchTokens, threads, device, offline },
    dtype: choice('<dtype>', 'precision of the computation (default: as fitted)', ['f32', 'int8']),
    json: flag('print JSON lines {"head","tail","label","probability"}'),
  },
  examples: [
    'relbert classify predict --model my-relations Tokyo:Japan',
    'relbert classify predict --model my-relations --pairs pairs.tsv --json',
  ],
  async run([args], flags, terminal) {
    const { model: folder, encoder: moved, json, other, output: path, pairs: file, ...encoderFlags } = flags;
    const { pairs, count } = await openPairs(args, file, terminal, { labelled: true });
    const { RelationClassifier } = await import('../index.ts');
    const { encoder: fitted } = await RelationClassifier.describe(folder);
    if (fitted.template && encoderFlags.prompt !== undefined) {
      const { excerpt } = await import('../text/excerpt.ts');
      throw new UsageError(
        `${folder}: the classifier was fitted to the template ${excerpt(fitted.prompt)}: leave --prompt out, or fit again with it`,
      );
    }
    await using encoder = await loadEncoder(
      {
        ...{ model: moved ?? fitted.name, pooling: fitted.pooling, dtype: fitted.dtype },
        ...(fitted.template && { template: fitted.prompt }),
        ...encoderFlags,
      },
      terminal,
    );
    await using classifier = await RelationClassifier.load(folder, { encoder });
    const { openOutput } = await import('./output.ts');
    const output = await openOutput(path, terminal);
    const progress = await terminal.progress(
      'classifying',
      'pairs',
      terminal.showsProgress ? await count() : undefined,
    );
    try {
      let text = '';
      let done = 0;
      for await (const prediction of classifier.predict(pairs, { other, signal: terminal.signal })) {
        text += json ? `${JSON.stringify(prediction)}\n` : tabSeparated(prediction);
        if (++done % 64 !== 0) continue;
        await output.write(text);
        text = '';
        progress.update(done);
      }
      terminal.signal.throwIfAborted();
      if (text !== '') await output.write(text);
      await output.commit();
      if (done === 0) terminal.note('the input holds no pair');
    } catch (error) {
      await output.discard();
      throw error;
    } finally {
      progress.stop();
    }
  },
});

function tabSeparated({ head, tail, label, probability }: Prediction): string {
  return `${[head, tail, label, probability.toFixed(4)].map((field) => field.replace(/[\t\r\n]/g, ' ')).join('\t')}\n`;
}
