import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openLanguageModel, originOf, relationModel } from '../../src/encoder/language-model.ts';
import { encoderParts } from '../../src/encoder/load-encoder.ts';
import { RelationEncoder } from '../../src/encoder/relation-encoder.ts';
import type { CheckpointFiles } from '../../src/formats/byte-source.ts';
import { folderFiles } from '../../src/node/folder.ts';
import { nodeRuntime } from '../../src/node/runtime.ts';

const folder = fileURLToPath(new URL('../fixtures/encoder/bert', import.meta.url)); // 100 rows and 100 ids
const template = '<subj> is the <mask> of <obj>';

interface TokenizerJson {
  readonly added_tokens: object[];
  readonly model: { readonly vocab: Record<string, number> };
}

/** The fixture with further files or other ones, and every file that is read noted. */
async function withFiles(changed: Readonly<Record<string, string>>, read: string[] = []): Promise<CheckpointFiles> {
  const files = await folderFiles(folder);
  return {
    ...files,
    list: async () => [...new Set([...(await files.list()), ...Object.keys(changed)])],
    read: async (name) => {
      read.push(name);
      return Object.hasOwn(changed, name) ? new TextEncoder().encode(changed[name]) : files.read(name);
    },
  };
}

/** The fixture's tokenizer with tokens added that have no row: `[E0]` is 100. */
async function largerTokenizer(): Promise<string> {
  const text = new TextDecoder().decode(await (await folderFiles(folder)).read('tokenizer.json'));
  const tokenizer = JSON.parse(text) as TokenizerJson;
  const size = Math.max(...Object.values(tokenizer.model.vocab)) + 1;
  const added = Array.from({ length: 8 }, (_, i) => ({
    ...{ id: size + i, content: `[E${i}]`, single_word: false, lstrip: false, rstrip: false },
    ...{ normalized: false, special: true },
  }));
  return JSON.stringify({ ...tokenizer, added_tokens: [...tokenizer.added_tokens, ...added] });
}

describe('a language model', () => {
  it('is read once: each file, whatever is done with the model', async () => {
    const read: string[] = [];
    const model = await openLanguageModel(await withFiles({}, read));
    relationModel(model, { template });
    relationModel(model, { pooling: 'cls' });
    await encoderParts(model, nodeRuntime(), {}).then(({ batchEncoder }) => batchEncoder.dispose());
    expect(read.toSorted()).toEqual(['config.json', 'tokenizer.json', 'tokenizer_config.json']);
  });

  it('takes prompt and pooling from the options, the checkpoint, or the defaults', async () => {
    const plain = await openLanguageModel(await withFiles({}));
    const text = new TextDecoder().decode(await plain.files.read('config.json'));
    const config = JSON.stringify({
      ...(JSON.parse(text) as object),
      relbert_config: { aggregation_mode: 'average', template: '<subj> - <obj>' },
    });
    const trained = await openLanguageModel(await withFiles({ 'config.json': config }));
    const chosen = (model: typeof plain, options = {}) => {
      const { promptFrom, pooling, prompt } = relationModel(model, options);
      return [promptFrom, pooling, prompt.text];
    };
    expect(chosen(plain)).toEqual(['default', 'average_no_mask', expect.stringContaining('Today, I finally')]);
    expect(chosen(trained)).toEqual(['checkpoint', 'average', '<subj> - <obj>']);
    expect(chosen(trained, { pooling: 'cls' })).toEqual(['checkpoint', 'cls', '<subj> - <obj>']);
    expect(chosen(trained, { template })).toEqual(['options', 'average', template]);
    expect(() => relationModel(plain, { pooling: 'mask', template: '<subj> <obj>' })).toThrow('<mask>');
  });

  it('knows the licence and the base model that its card names', async () => {
    const origin = async (card: string) => originOf(await openLanguageModel(await withFiles({ 'README.md': card })));
    expect(await origin('---\nlanguage: en\nlicense: apache-2.0\n---\n# A model\n')).toEqual({ license: 'apache-2.0' });
    expect(await origin('---\nlicense: mit\nbase_model: org/base\n---\n')).toEqual({
      license: 'mit',
      baseModel: 'org/base',
    });
    expect(await origin('---\nbase_model:\n- org/base\n- org/other\nlicense: mit\n---\n')).toEqual({
      license: 'mit',
      baseModel: 'org/base',
    });
    expect(await origin('# A model\n\nlicense: mit\nbase_model: org/base\n')).toEqual({});
    expect(await originOf(await openLanguageModel(await withFiles({})))).toEqual({});
  });
});

describe('ids without a word embedding', () => {
  it('are an error only in the prompt that holds one, which names the token', async () => {
    const model = await openLanguageModel(await withFiles({ 'tokenizer.json': await largerTokenizer() }));
    const usual = await openLanguageModel(await withFiles({}));
    await using encoder = new RelationEncoder(await encoderParts(model, nodeRuntime(), { template }));
    await using before = new RelationEncoder(await encoderParts(usual, nodeRuntime(), { template }));
    const pairs: [string, string][] = [['cat', 'tail']];
    expect((await encoder.encode(pairs)).data).toEqual((await before.encode(pairs)).data);
    await expect(encoder.encode([...pairs, ['cat [E5]', 'tail']])).rejects.toThrow(
      `${folder}: the token "[E5]" has the id 105, and there are only 100 word embeddings`,
    );
  });

  it('leave the ids of a soft prompt to its vectors', async () => {
    const model = await openLanguageModel(await withFiles({ 'tokenizer.json': await largerTokenizer() }));
    const vectors = Float32Array.from({ length: 3 * 24 }, (_, i) => Math.sin(i));
    for (const layout of ['2021', '2023'] as const) {
      const spec = { kind: 'soft', top: 1, mid: 1, bottom: 1, hidden: 24, vectors, layout } as const;
      const { prompt } = relationModel(model, { prompt: spec });
      const { ids } = prompt.encode({ head: 'cat', tail: 'tail' });
      expect(ids.filter((id) => id >= 100)).toEqual([100, 101, 102]);
      expect(() => prompt.encode({ head: '[E6]', tail: 'tail' })).toThrow('the token "[E6]" has the id 106');
    }
  });
});
