import { describe, expect, it } from 'vitest';
import { cardFields } from '../../src/formats/card-fields.ts';

describe('the fields of a model card', () => {
  const of = (lines: string) => cardFields(`---\n${lines}\n---\n`);

  it.each([
    ['base_model: org/name', 'org/name'],
    ['base_model:   "org/name"  ', 'org/name'],
    ["base_model: 'org/name' # the teacher", 'org/name'],
    ['base_model:\n- org/name\n- org/other', 'org/name'],
    ['base_model:\n  - org/name', 'org/name'],
    ['base_model: [org/name, org/other]', 'org/name'],
    ['tags:\n- base_model:x\nbase_model: org/name', 'org/name'],
    ['base_model: name#1', 'name#1'],
    ['base_model:\nlicense: mit', undefined],
    ['base_models: org/name', undefined],
    ['base_model: ""', undefined],
  ])('%j: the value or the first of a list', (lines, expected) => {
    expect(of(lines)?.field('base_model')).toBe(expected);
  });

  it('stand between two lines of ---, whatever the line ends, and the text follows', () => {
    expect(cardFields('\uFEFF--- \r\nlicense: mit\r\n--- \r\nText\r\n')?.body).toBe('Text\r\n');
    expect(cardFields('\uFEFF--- \r\nlicense: mit\r\n---')?.field('license')).toBe('mit');
    expect(cardFields('---\nlicense: mit\n---')?.body).toBe('');
  });

  it('are missing where a card begins with something else or does not end them', () => {
    expect(cardFields('# A model\n---\nlicense: mit\n---\n')).toBeUndefined();
    expect(cardFields('---\nlicense: mit\n')).toBeUndefined();
    expect(cardFields('---\nlicense: mit\n----\n')).toBeUndefined();
  });
});
