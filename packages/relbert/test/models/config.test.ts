import { describe, expect, test } from 'vitest';
import { EncoderConfigError } from '../../src/models/config.ts';
import { storedParameters } from '../../src/models/encoder.ts';
import { parseEncoderConfig, supportedArchitectures } from '../../src/models/registry.ts';

const bert = {
  model_type: 'bert',
  vocab_size: 30522,
  hidden_size: 384,
  num_hidden_layers: 6,
  num_attention_heads: 12,
  intermediate_size: 1536,
  hidden_act: 'gelu',
  max_position_embeddings: 512,
  type_vocab_size: 2,
  pad_token_id: 0,
};

function failure(json: unknown): string {
  try {
    parseEncoderConfig(json, 'model/config.json');
  } catch (error) {
    expect(error).toBeInstanceOf(EncoderConfigError);
    return (error as Error).message;
  }
  throw new Error('no error');
}

describe('families', () => {
  test('BERT, with the defaults of transformers', () => {
    expect(parseEncoderConfig(bert)).toEqual({
      modelType: 'bert',
      vocabularySize: 30522,
      hidden: 384,
      embedding: 384,
      layers: 6,
      heads: 12,
      intermediate: 1536,
      activation: 'gelu',
      epsilon: 1e-12,
      positions: 512,
      maxLength: 512,
      padId: 0,
      hiddenDropout: 0.1,
      attentionDropout: 0.1,
      tokenTypes: 2,
    });
  });

  test.each(['roberta', 'xlm-roberta', 'camembert'])(
    "%s counts positions from the row after the padding token's",
    (modelType) => {
      const config = { ...bert, model_type: modelType, pad_token_id: 1, max_position_embeddings: 514 };
      expect(parseEncoderConfig(config)).toMatchObject({ modelType, maxLength: 512, padId: 1 });
    },
  );

  test('ALBERT', () => {
    const config = { ...bert, model_type: 'albert', embedding_size: 128, num_hidden_groups: 2, hidden_act: 'gelu_new' };
    expect(parseEncoderConfig(config)).toMatchObject({
      embedding: 128,
      hidden: 384,
      groups: 2,
      layersPerGroup: 1,
      activation: 'gelu-tanh',
      hiddenDropout: 0,
    });
    expect(failure({ ...config, num_hidden_groups: 7 })).toContain(
      'num_hidden_groups 7 is more than the 6 hidden layers',
    );
  });

  test('DistilBERT names its numbers otherwise', () => {
    const config = {
      model_type: 'distilbert',
      vocab_size: 100,
      dim: 24,
      n_layers: 2,
      n_heads: 3,
      hidden_dim: 40,
      max_position_embeddings: 64,
      activation: 'relu',
      dropout: 0.2,
      attention_dropout: 0,
    };
    expect(parseEncoderConfig(config)).toMatchObject({
      hidden: 24,
      intermediate: 40,
      activation: 'relu',
      hiddenDropout: 0.2,
      attentionDropout: 0,
    });
    expect(failure({ ...config, dim: undefined })).toContain(
      'dim must be a whole number from 1 to 16777216, got nothing',
    );
  });

  test('MPNet has its padding row fixed', () => {
    const config = { ...bert, model_type: 'mpnet', max_position_embeddings: 514, pad_token_id: 1 };
    expect(parseEncoderConfig(config)).toMatchObject({ maxLength: 512, relativeBuckets: 32 });
    expect(failure({ ...config, relative_attention_num_buckets: 16 })).toContain('must be 32 or more, got 16');
  });

  test('ModernBERT as transformers 5 writes it, and as before', () => {
    const common = { model_type: 'modernbert', num_hidden_layers: 4, pad_token_id: 0, local_attention: 128 };
    const types = ['full_attention', 'sliding_attention', 'sliding_attention', 'full_attention'];
    const rope = (rope_theta: number) => ({ rope_type: 'default', rope_theta });
    const rope_parameters = { full_attention: rope(160000), sliding_attention: rope(10000) };
    const written = parseEncoderConfig({ ...common, layer_types: types, rope_parameters });
    expect(written).toMatchObject({
      hidden: 768,
      maxLength: 8192,
      layerTypes: types,
      theta: { full_attention: 160000, sliding_attention: 10000 },
      reach: 64,
    });
    const before = { global_attn_every_n_layers: 3, global_rope_theta: 160000, local_rope_theta: 10000 };
    expect(parseEncoderConfig({ ...common, ...before })).toEqual(written);
    const yarn = { ...rope_parameters, full_attention: { rope_type: 'yarn', rope_theta: 1e4 } };
    expect(failure({ ...common, rope_parameters: yarn })).toContain(
      'rope_parameters full_attention rope_type "yarn" is not supported; supported: default',
    );
    const linear = { type: 'linear', factor: 8, rope_theta: 160000 };
    const older = failure({ ...common, rope_parameters: { ...rope_parameters, full_attention: linear } });
    expect(older).toContain('rope_parameters full_attention type "linear" is not supported; supported: default');
    expect(older).toContain('factor must be left out or null: nothing else is supported, got 8');
    expect(failure({ ...common, layer_types: ['full_attention'] })).toContain('layer_types must name a type for each');
    expect(failure({ ...common, rope_scaling: { type: 'linear', factor: 2 } })).toContain('rope_scaling');
  });

  test('without a padding token: any id pads where positions count by index', () => {
    const modernbert = { model_type: 'modernbert', num_hidden_layers: 4, vocab_size: 32000 };
    for (const pad_token_id of [undefined, null, -1]) {
      for (const config of [bert, modernbert]) {
        expect(parseEncoderConfig({ ...config, pad_token_id })).toMatchObject({ padId: 0 });
      }
    }
    const roberta = { ...bert, model_type: 'roberta', pad_token_id: -1 };
    expect(failure(roberta)).toContain('pad_token_id must be a whole number from 0 to 16777216, got -1');
  });

  test('a ModernBERT without a local theta has the global one in every layer', () => {
    const config = { model_type: 'modernbert', num_hidden_layers: 4, pad_token_id: 0, global_rope_theta: 80000 };
    const thetas = (local_rope_theta?: null) => parseEncoderConfig({ ...config, local_rope_theta });
    expect(thetas(null)).toMatchObject({ theta: { full_attention: 80000, sliding_attention: 80000 } });
    expect(thetas()).toMatchObject({ theta: { full_attention: 80000, sliding_attention: 10000 } });
  });

  test('DeBERTa v3 as published', () => {
    const config = {
      ...bert,
      model_type: 'deberta-v2',
      type_vocab_size: 0,
      layer_norm_eps: 1e-7,
      max_relative_positions: -1,
      position_buckets: 256,
      norm_rel_ebd: 'layer_norm',
      share_att_key: true,
      pos_att_type: 'p2c|c2p',
      position_biased_input: false,
      relative_attention: true,
    };
    expect(parseEncoderConfig(config)).toMatchObject({
      absolutePositions: false,
      relative: { buckets: 256, longest: 512, normalized: true, shared: true },
      contentToPosition: true,
      positionToContent: true,
      convolution: undefined,
    });
    expect(parseEncoderConfig({ ...config, position_biased_input: null })).toMatchObject({ absolutePositions: false });
    expect(failure({ ...config, pos_att_type: ['p2p', 'c2p', 'P2P'] })).toContain(
      'pos_att_type names "p2p", "P2P", which is not supported; supported: c2p, p2c',
    );
    expect(failure({ ...config, pos_att_type: 'none' })).toContain('pos_att_type names "none", which is not supported');
    expect(failure({ ...config, pos_att_type: 5 })).toContain('pos_att_type must be a list of c2p, p2c, got 5');
    expect(failure({ ...config, conv_kernel_size: 4 })).toContain('conv_kernel_size must be 0 or odd');
    expect(failure({ ...config, attention_head_size: 16 })).toContain('attention_head_size must be');
  });

  test.each([
    [1, -1, '512'],
    [2, 2, '2'],
    [3, 2, '2'],
    [256, 129, '129'],
  ])(
    '%d buckets up to distance %d leave a DeBERTa without buckets',
    (position_buckets, max_relative_positions, longest) => {
      const config = { ...bert, model_type: 'deberta-v2', relative_attention: true };
      expect(failure({ ...config, position_buckets, max_relative_positions })).toContain(
        `position_buckets ${position_buckets} leaves long distances without a bucket where max_relative_positions is ${longest}: it must be 2 or more, and half of it less than max_relative_positions - 1`,
      );
      expect(parseEncoderConfig({ ...config, position_buckets, relative_attention: false })).toMatchObject({
        layers: 6,
      });
    },
  );

  test.each([
    [2, 3],
    [4, 4],
    [1024, 512], // no distance is longer than half of the buckets
  ])('%d buckets up to distance %d build a DeBERTa', (position_buckets, max_relative_positions) => {
    const config = parseEncoderConfig({
      ...{ ...bert, model_type: 'deberta-v2', relative_attention: true, pos_att_type: 'c2p' },
      ...{ position_buckets, max_relative_positions },
    });
    expect(storedParameters(config).length).toBeGreaterThan(0);
  });

  test('old files say it by architectures alone', () => {
    const { model_type: _, ...old } = bert;
    expect(parseEncoderConfig({ ...old, architectures: ['BertForMaskedLM'] }).modelType).toBe('bert');
    expect(parseEncoderConfig({ ...old, architectures: ['RobertaForMaskedLM'], pad_token_id: 1 }).modelType).toBe(
      'roberta',
    );
    expect(failure(old)).toContain(
      'neither model_type nor architectures is given: add "model_type": "bert", or the family it is of, to config.json; supported: bert, roberta',
    );
    expect(failure({ ...old, architectures: ['GPT2LMHeadModel'] })).toContain("'GPT2LMHeadModel' is not supported");
  });
});

describe('what cannot be read is named together with what can', () => {
  test('an architecture', () => {
    const message = failure({ ...bert, model_type: 'gpt2' });
    expect(message).toContain("model/config.json: architecture 'gpt2'");
    for (const name of supportedArchitectures) expect(message).toContain(name);
  });

  test('an activation', () => {
    const message = failure({ ...bert, hidden_act: 'mish' });
    expect(message).toContain('hidden_act names the activation "mish", which is not supported; supported: gelu, ');
    expect(message).toContain('gelu_new');
  });

  test('names of Object.prototype are not architectures', () => {
    expect(failure({ ...bert, model_type: 'constructor' })).toContain("architecture 'constructor'");
    expect(failure({ ...bert, hidden_act: 'toString' })).toContain('activation "toString"');
  });

  test('relative positions and decoders', () => {
    expect(failure({ ...bert, position_embedding_type: 'relative_key' })).toContain(
      'position_embedding_type "relative_key" is not supported; supported: absolute',
    );
    // Without positions at all, in transformers 4.
    expect(failure({ ...bert, position_embedding_type: null })).toContain(
      'position_embedding_type null is not supported; supported: absolute',
    );
    expect(parseEncoderConfig({ ...bert, is_decoder: null })).toEqual(parseEncoderConfig(bert));
    expect(failure({ ...bert, is_decoder: true })).toContain('is_decoder true is not supported; supported: false');
  });
});

describe('numbers', () => {
  test.each<[Record<string, unknown>, string]>([
    [{ hidden_size: '384' }, 'hidden_size must be a whole number from 1 to 16777216, got "384"'],
    [{ num_hidden_layers: 0 }, 'num_hidden_layers must be a whole number from 1 to 1024, got 0'],
    [{ num_hidden_layers: 2.5 }, 'got 2.5'],
    [{ vocab_size: null }, 'vocab_size must be a whole number from 1 to 16777216, got null'],
    [{ num_attention_heads: 7 }, '7 attention heads do not divide the hidden size 384'],
    [{ hidden_dropout_prob: 1 }, 'hidden_dropout_prob must be a number from 0 to below 1, got 1'],
    [{ layer_norm_eps: 0 }, 'layer_norm_eps must be a number above 0, got 0'],
    [{ pad_token_id: 40000 }, 'pad_token_id 40000 lies outside the vocabulary of 30522'],
    [{ model_type: 5 }, 'model_type must be a string, got 5'],
    [{ hidden_size: [384] }, 'got a list'],
  ])('%o', (change, expected) => {
    expect(failure({ ...bert, ...change })).toContain(expected);
  });

  test('a million layers, or a table of positions without end, before a graph is built', () => {
    expect(failure({ ...bert, num_hidden_layers: 1e6 })).toBe(
      'model/config.json: num_hidden_layers must be a whole number from 1 to 1024, got 1000000',
    );
    expect(failure({ ...bert, model_type: 'mpnet', max_position_embeddings: 2 ** 40 })).toContain(
      'max_position_embeddings must be a whole number from 1 to 16777216, got 1099511627776',
    );
  });

  test('not an object', () => {
    for (const json of [null, [], 'bert', 3, undefined]) expect(failure(json)).toContain('expected a JSON object');
  });

  test('a RoBERTa without room for a token', () => {
    const config = { ...bert, model_type: 'roberta', pad_token_id: 1, max_position_embeddings: 2 };
    expect(failure(config)).toContain('max_position_embeddings 2 leaves no position');
  });
});
