/** @file One test for each kind of defect that the fuzz campaign found. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseSemEvalPack } from '../../src/data/semeval.ts';
import { parsePrompt2021 } from '../../src/encoder/relbert-config.ts';
import { openTorchPickle } from '../../src/formats/torch-pickle.ts';
import { parseEncoderConfig } from '../../src/models/registry.ts';
import { bytesOf, fixture, textOf } from './files.ts';
import { openReaders } from './readers.ts';

let opened: Awaited<ReturnType<typeof openReaders>>;
beforeAll(async () => {
  opened = await openReaders();
});
afterAll(() => opened.close());

async function read(name: string, change: (text: string) => string): Promise<unknown> {
  const reader = opened.readers.find((each) => each.name === name);
  if (!reader) throw new Error(`there is no reader ${name}`);
  const { files, damaged, part } = reader;
  const bytes = bytesOf(change(textOf(part?.bytes ?? (files[damaged] as Uint8Array))));
  return reader.read({ ...files, [damaged]: part ? part.seal(bytes) : bytes });
}

it('a manifest with a right checksum and wrong fields is named by field', async () => {
  const wrong = read('manifest with a right checksum', (text) => text.replace(/"dimension": 4/, '"dimension": null'));
  await expect(wrong).rejects.toThrow(
    'index/manifest.json: dimension: expected number, got null; restore it, or build the index again',
  );
});

it('a soft prompt whose numbers are infinite in float32 is refused', () => {
  const prompt = { n_trigger_b: 1, n_trigger_i: 0, n_trigger_e: 0, embedding: [[1e300, 0]] };
  expect(() => parsePrompt2021(prompt, 'prompt.json')).toThrow('row 0 is not a list of 2 finite numbers');
});

it('ModernBERT with heads of an odd dimension is refused', () => {
  const config = JSON.parse(textOf(fixture('encoder/modernbert/config.json'))) as object;
  expect(() => parseEncoderConfig({ ...config, hidden_size: 3 })).toThrow(
    'num_attention_heads must give heads of an even dimension',
  );
});

it('a search whose losses are infinite is not resumed', async () => {
  const infinite = read('search.json', (text) => text.replace('"loss":0.5', '"loss":1e999'));
  await expect(infinite).rejects.toThrow('this is not a state of a prompt search');
});

it('a damaged pickle gives no message of JavaScript', () => {
  const bytes = fixture('checkpoint/legacy.bin');
  for (let at = 0; at < bytes.length; at += 7) {
    try {
      openTorchPickle('legacy.bin', new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at + 5)]));
    } catch (error) {
      expect(String(error)).toMatch(/^CheckpointError: legacy\.bin/);
      expect(String(error)).not.toMatch(/undefined|not a function|bounds/);
    }
  }
});

it('the data of SemEval that lack a field are refused in a line', () => {
  expect(() => parseSemEvalPack({ file: 'semeval.json', text: '{"source": "", "licence": ""}' })).toThrow(
    /^semeval\.json: relations: expected array, got nothing$/,
  );
});
