/** A part of relation batches in a line of text, as `--part` takes it. */
import { suggestion } from '../text/nearest-name.ts';
import { RecipeError, type RecipeInput } from '../train/recipe.ts';

/** A part as a recipe writes it. */
export type PartInput = Extract<RecipeInput['sampling'], { kind: 'relations' }>['parts'][number];

const numbers = ['relations', 'positives', 'negatives', 'balance'] as const;
const names = ['data', ...numbers, 'mixed'] as const;
const form = '--part data=package/wordnet,relations=16,positives=8,negatives=0,balance=0.5,mixed';

/**
 * Reads `data=SOURCE,relations=16,positives=8,negatives=4,balance=0.5,mixed`. `relations` and `positives` are needed;
 * without `data` all sources are meant; `data=` may come several times. Ranges are left to the recipe's own check.
 * @throws RecipeError for a setting that there is not, or that is no number, or comes twice, or is missing
 */
export function parsePart(text: string): PartInput {
  const fail = (problem: string) => new RecipeError(`--part ${text}: ${problem}; expected ${form}`);
  const data: string[] = [];
  const settings = new Map<(typeof numbers)[number] | 'mixed', number | boolean>();
  for (const setting of text.split(',')) {
    const [, name = '', value] = /^\s*([^=]*?)\s*(?:=(.*))?$/.exec(setting) ?? [];
    const known = names.find((other) => other === name);
    if (known === undefined) throw fail(`there is no setting '${name}'${suggestion(name, names)}`);
    if (known === 'mixed') {
      if (value !== undefined) throw fail("'mixed' takes no value");
      settings.set('mixed', true);
      continue;
    }
    if (value === undefined || value.trim() === '') throw fail(`'${known}' needs a value`);
    if (known === 'data') {
      data.push(value);
      continue;
    }
    if (settings.has(known)) throw fail(`'${known}' comes twice`);
    const number = Number(value);
    if (!Number.isFinite(number)) throw fail(`'${known}' should be a number, got '${value}'`);
    settings.set(known, number);
  }
  for (const needed of ['relations', 'positives'] as const) {
    if (!settings.has(needed)) throw fail(`'${needed}' is missing`);
  }
  return { data: data.length > 0 ? data : null, ...Object.fromEntries(settings) } as PartInput;
}
