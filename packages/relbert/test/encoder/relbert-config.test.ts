import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { poolings } from '../../src/encoder/pooling.ts';
import { parsePrompt2021, parseRelbertConfig, relbertConfigJson } from '../../src/encoder/relbert-config.ts';
import { CheckpointError } from '../../src/formats/checkpoint-error.ts';
import type { PromptSpec } from '../../src/prompt/spec.ts';

const fixture = (name: string): unknown => {
  const path = fileURLToPath(new URL(`../fixtures/checkpoint/relbert-config/${name}.json`, import.meta.url));
  return (JSON.parse(readFileSync(path, 'utf8')) as { relbert_config: unknown }).relbert_config;
};
const parse = (value: unknown) => parseRelbertConfig(value, 'model/config.json');

const d =
  'I wasn\u2019t aware of this relationship, but I just read in the encyclopedia that <subj> is the <mask> of <obj>';

describe('relbert_config is read in every form', () => {
  it('2021, manual template', () => {
    expect(parse(fixture('2021-manual'))).toEqual({
      form: '2021',
      sharedWordDiscount: 0,
      pooling: 'average_no_mask',
      prompt: { kind: 'template', text: d },
    });
  });

  it('2021, letter of a template', () => {
    expect(parse(fixture('2021-letter'))).toEqual({
      form: '2021',
      sharedWordDiscount: 0,
      pooling: 'mask',
      prompt: { kind: 'template', text: d },
    });
    expect(parse({ mode: 'mask', template_type: 'd' }).prompt).toEqual({ kind: 'template', text: d });
    expect(parse({ mode: 'mask', custom_template: 'd' }).prompt).toEqual({ kind: 'template', text: d });
  });

  it('2021, triggers', () => {
    expect(parse(fixture('2021-trigger'))).toEqual({
      form: '2021',
      sharedWordDiscount: 0,
      pooling: 'average_no_mask',
      prompt: { kind: 'trigger', top: [50264, 6, 1012], mid: [16, 5], bottom: [479, 2, 1437], layout: '2021' },
    });
  });

  it('2021, soft prompt', () => {
    const { prompt, pooling, form } = parse(fixture('2021-soft'));
    expect({ pooling, form }).toEqual({ pooling: 'average', form: '2021' });
    expect(prompt).toMatchObject({ kind: 'soft', top: 3, mid: 2, bottom: 1, hidden: 4, layout: '2021' });
    const { vectors } = prompt as Extract<PromptSpec, { kind: 'soft' }>;
    expect(vectors.length).toBe(24);
    expect(vectors[5]).toBe(Math.fround(0.1 - 0.37));
  });

  it('2022', () => {
    expect(parse(fixture('2022'))).toEqual({
      form: '2022',
      sharedWordDiscount: 0,
      pooling: 'average',
      prompt: { kind: 'template', text: '<subj> is the <mask> of <obj>' },
    });
  });

  it('2023', () => {
    expect(parse(fixture('2023'))).toMatchObject({ form: '2023', pooling: 'average_no_mask' });
    expect(parse({ aggregation_mode: 'average-no-mask', template: '<subj> <obj>' }).pooling).toBe('average_no_mask');
  });
});

describe('relbert_config is written', () => {
  const vectors = Float32Array.from({ length: 8 }, (_, i) => Math.fround(Math.sin(i) * 10 ** (i - 6)));
  const prompts: PromptSpec[] = [
    { kind: 'template', text: '<subj> and <obj>' },
    { kind: 'trigger', top: [5, 6], mid: [], bottom: [7], layout: '2023' },
    { kind: 'trigger', top: [5], mid: [6], bottom: [7], layout: '2021' },
    { kind: 'soft', top: 2, mid: 1, bottom: 1, hidden: 2, vectors, layout: '2023' },
    { kind: 'soft', top: 2, mid: 1, bottom: 1, hidden: 2, vectors, layout: '2021' },
  ];

  it('in the 2023 form, and read back exactly with every prompt and pooling', () => {
    for (const prompt of prompts) {
      for (const pooling of poolings) {
        const json = relbertConfigJson({ pooling, prompt, text: 'x <subj> y <obj>' });
        expect(typeof json['template']).toBe('string');
        expect(typeof json['aggregation_mode']).toBe('string');
        expect(parse(JSON.parse(JSON.stringify(json)))).toEqual({
          form: '2023',
          sharedWordDiscount: 0,
          pooling,
          prompt,
        });
      }
    }
  });

  it('with nothing but the two entries of the Python package where they say all', () => {
    expect(relbertConfigJson({ pooling: 'average', prompt: prompts[0] as PromptSpec, text: '' })).toEqual({
      aggregation_mode: 'average',
      template: '<subj> and <obj>',
    });
    // the sum is what the Python package computes under this name
    expect(relbertConfigJson({ pooling: 'sum_no_mask', prompt: prompts[0] as PromptSpec, text: '' })).toEqual({
      aggregation_mode: 'average_no_mask',
      template: '<subj> and <obj>',
      pooling: 'sum_no_mask',
    });
  });

  it('with a discount for shared words where there is one, in both forms', () => {
    const config = { pooling: 'average', prompt: { kind: 'template', text: '<subj> is <obj>' }, text: '' } as const;
    for (const form of ['2021', '2023'] as const) {
      const written = relbertConfigJson({ ...config, form, sharedWordDiscount: 0.1 });
      expect(written).toMatchObject({ shared_word_discount: 0.1 });
      expect(parse(written).sharedWordDiscount).toBe(0.1);
      expect(relbertConfigJson({ ...config, form })).not.toHaveProperty('shared_word_discount');
    }
  });

  it('in the 2021 form', () => {
    for (const prompt of prompts.filter((p) => p.kind === 'template' || p.layout === '2021')) {
      const json = relbertConfigJson({ pooling: 'mask', prompt, text: '', form: '2021' });
      expect(parse(JSON.parse(JSON.stringify(json)))).toEqual({
        form: '2021',
        sharedWordDiscount: 0,
        pooling: 'mask',
        prompt,
      });
    }
    expect(
      relbertConfigJson({ pooling: 'mask', prompt: prompts[4] as PromptSpec, text: '', form: '2021' }),
    ).toMatchObject({
      template: { n_trigger_b: 2, n_trigger_i: 1, n_trigger_e: 1, pseudo_token: '<prompt>' },
    });
    expect(() =>
      relbertConfigJson({ pooling: 'difference', prompt: prompts[0] as PromptSpec, text: '', form: '2021' }),
    ).toThrow('the 2021 form has no pooling difference; it has average_no_mask, average, mask');
  });

  it('not with a broken soft prompt', () => {
    const prompt: PromptSpec = {
      kind: 'soft',
      top: 1,
      mid: 0,
      bottom: 0,
      hidden: 1,
      vectors: new Float32Array([Number.NaN]),
      layout: '2023',
    };
    expect(() => relbertConfigJson({ pooling: 'average', prompt, text: '' })).toThrow('the soft prompt holds NaN');
  });
});

describe('a relbert_config that is wrong', () => {
  it.each<[unknown, string]>([
    ['average', 'expected a JSON object'],
    [{}, 'neither aggregation_mode (2023) nor mode (2021, 2022) is given'],
    [{ mode: 'average' }, 'there is no template in it'],
    [{ mode: 'avrage', custom_template: 'a' }, 'unknown pooling "avrage" (did you mean average'],
    [{ mode: 3, custom_template: 'a' }, 'relbert_config.mode: expected a pooling, got 3'],
    [{ mode: 'average', custom_template: 'f' }, 'unknown template "f" (did you mean'],
    [{ mode: 'average', custom_template: '<subj> only' }, 'has no <obj>'],
    [{ mode: 'average', template: '<subj> <obj>', template_mode: 'mined' }, 'expected "manual", got "mined"'],
    [{ aggregation_mode: 'average' }, 'relbert_config.template: expected a template, got nothing'],
    [{ aggregation_mode: 'average', template: 7 }, 'expected a template, got 7'],
    [
      { mode: 'average', template: { top: [1], mid: [2] } },
      'template.bottom: expected a list of token ids, got nothing',
    ],
    [
      { mode: 'average', template: { top: [1.5], mid: [], bottom: [] } },
      'template.top: expected a list of token ids, got [1.5]',
    ],
    [
      { mode: 'average', template: { embedding: [[1]], n_trigger_b: 2, n_trigger_i: 0, n_trigger_e: 0 } },
      'expected 2 rows, one a soft-prompt token, got 1 rows',
    ],
    [
      { mode: 'average', template: { embedding: [[1]], n_trigger_b: -1, n_trigger_i: 1, n_trigger_e: 1 } },
      'n_trigger_b: expected a number',
    ],
    [
      { mode: 'average', template: { embedding: [[1], [1, 2]], n_trigger_b: 2, n_trigger_i: 0, n_trigger_e: 0 } },
      'row 1 is not a list of 1 finite numbers',
    ],
    [
      { aggregation_mode: 'x', template: '', pooling: 'cls', prompt: { kind: 'magic' } },
      'expected "template", "trigger" or "soft", got "magic"',
    ],
    [
      { aggregation_mode: 'x', template: '', pooling: 'cls', prompt: { kind: 'trigger', layout: '1999' } },
      'expected "2021" or "2023", got "1999"',
    ],
    [
      { aggregation_mode: 'average', template: '<subj> <obj>', shared_word_discount: -1 },
      'shared_word_discount: expected a number from 0 to 2, got -1',
    ],
  ])('%j', (value, message) => {
    expect(() => parse(value)).toThrow(CheckpointError);
    expect(() => parse(value)).toThrow(message);
    expect(() => parse(value)).toThrow('model/config.json, relbert_config');
  });

  it('and a prompt.json of the 2021 package that is wrong', () => {
    expect(() => parsePrompt2021({ top: 'x' }, 'prompt.json')).toThrow(
      'prompt.json.top: expected a list of token ids, got "x"',
    );
  });
});
