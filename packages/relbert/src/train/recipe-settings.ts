/** Settings of a recipe by path: `training.learningRate`, `training.losses.0.temperature`, `data.*.top`. */
import * as z from 'zod';
import { usesTriples } from '../loss/losses.ts';
import { bare, childOf, notOneOf, objectOf, propertyOf, unknownSetting, variantsOf } from '../text/schema-path.ts';
import { checkRecipe, RecipeError } from './recipe.ts';
import { type Recipe, recipeSchema } from './recipe-schema.ts';

/**
 * Values by path. Places of lists are numbers, or `*` for every element that has the setting; the place after the last
 * appends. A text that is JSON is read as JSON where the setting takes that. `null` sets a setting that has no null
 * back to its default. Another `kind` of sampling or `name` of a loss starts with the defaults of that one.
 */
export type RecipeSettings = Readonly<Record<string, unknown>>;

/** Settings that change nothing unless another setting allows it. */
const conditions: Readonly<Record<string, { readonly unless: (recipe: Recipe) => boolean; readonly why: string }>> = {
  validationSeed: {
    unless: ({ validationShare }) => validationShare > 0,
    why: 'no pair is held out: validationShare is 0',
  },
  'training.triples': {
    unless: ({ training }) => usesTriples(training.losses),
    why: 'no loss of the run is on triples',
  },
  'training.decayAll': {
    unless: ({ training }) => training.weightDecay > 0,
    why: 'there is no weight decay: training.weightDecay is 0',
  },
  'teacher.pairsPerStep': {
    unless: ({ teacher }) => teacher !== null && teacher.pairs.length > 0,
    why: 'the teacher has no further pairs: teacher.pairs names none',
  },
};

/**
 * A recipe with other settings, applied in their order, then checked as a whole.
 * @throws RecipeError for a path that the recipe does not have, a value that does not fit, settings that contradict each
 *   other, and a setting that would change nothing
 */
export function withSettings(recipe: Recipe, settings: RecipeSettings): Recipe {
  let value: unknown = recipe;
  for (const [path, setting] of Object.entries(settings)) {
    value = withValue(recipeSchema, value, { path, keys: path.split('.'), depth: 0, setting });
  }
  // One of the two replaces the recipe's other.
  const training: Record<string, unknown> = { ...(propertyOf(value, 'training') as object) };
  const [steps, epochs] = ['training.steps' in settings, 'training.epochs' in settings];
  if (steps !== epochs) delete training[steps ? 'epochs' : 'steps'];
  const result = checkRecipe({ ...(value as object), training }, 'the recipe with these settings');
  for (const path of Object.keys(settings)) {
    const condition = conditions[path];
    if (condition && !condition.unless(result)) throw new RecipeError(`${path} has no effect: ${condition.why}`);
  }
  return result;
}

/** `training.learningRate=2e-5` as path and value. @throws RecipeError without an equals sign */
export function parseSetting(text: string): [path: string, value: string] {
  const at = text.indexOf('=');
  if (at < 1) {
    throw new RecipeError(`a setting is PATH=VALUE, for example training.learningRate=2e-5, got '${text}'`);
  }
  return [text.slice(0, at).trim(), text.slice(at + 1)];
}

interface Assignment {
  readonly path: string;
  readonly keys: readonly string[];
  /** Keys already followed. */
  readonly depth: number;
  readonly setting: unknown;
}

/** A value with one part replaced. */
function withValue(schema: z.ZodType, value: unknown, assignment: Assignment): unknown {
  const { path, keys, depth, setting } = assignment;
  const key = keys[depth];
  if (key === undefined) return typeof setting === 'string' ? readText(schema, setting) : setting;
  const next = { ...assignment, depth: depth + 1 };
  const here = keys.slice(0, depth).join('.');
  const list = bare(schema);
  if (list instanceof z.ZodArray) return withElement(list.element as z.ZodType, value, next);

  const variants = variantsOf(schema);
  if (variants && key === variants.key) {
    if (!variants.byName.has(String(setting))) {
      throw new RecipeError(`${path}: ${notOneOf([...variants.byName.keys()], setting)}`);
    }
    return propertyOf(value, key) === setting ? value : { [key]: setting };
  }
  const object = objectOf(schema, value);
  if (variants && !object) {
    throw new RecipeError(`${path}: set ${here}.${variants.key} first (${[...variants.byName.keys()].join(', ')})`);
  }
  if (!object) throw new RecipeError(`${path}: ${here} has no settings`);
  const child = childOf(schema, value, key);
  if (!child) {
    const of = variants ? ` of ${String(propertyOf(value, variants.key))}` : '';
    throw new RecipeError(`${path}${of}: ${unknownSetting(key, object)}`);
  }
  const result: Record<string, unknown> = { ...(value as object | undefined) };
  const part = withValue(child, result[key], next);
  if (part === null && !child.safeParse(null).success) delete result[key];
  else result[key] = part;
  return result;
}

/** A list with one element replaced or appended, or all of them where the place is `*`. */
function withElement(element: z.ZodType, value: unknown, assignment: Assignment): unknown[] {
  const { path, keys, depth } = assignment;
  const place = keys[depth - 1] as string;
  const list: unknown[] = Array.isArray(value) ? [...value] : [];
  if (place === '*') {
    const key = keys[depth];
    const fits = (item: unknown) => key === undefined || childOf(element, item, key) !== undefined;
    const having = list.filter(fits);
    // None has it: the first says what there is.
    if (having.length === 0) return [withValue(element, list[0], assignment)];
    return list.map((item) => (fits(item) ? withValue(element, item, assignment) : item));
  }
  if (!/^\d+$/.test(place) || Number(place) > list.length) {
    const places = list.length === 0 ? 'the list is empty, so 0 is the first' : `0 to ${list.length - 1}, or *`;
    throw new RecipeError(`${path}: '${place}' is not a place in the list: ${places}`);
  }
  list[Number(place)] = withValue(element, list[Number(place)], assignment);
  return list;
}

/** The value that a text stands for: JSON where the setting takes it, else the text. */
function readText(schema: z.ZodType, text: string): unknown {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return text;
  }
  // What fits neither way is reported as JSON, except where a text is asked for.
  return json !== null && !schema.safeParse(json).success && schema.safeParse(text).success ? text : json;
}

/** One setting, for a list of all. */
export interface SettingDescription {
  readonly path: string;
  /** The kind of sampling or the losses that have it; undefined: every recipe has it. */
  readonly of: string | undefined;
  /** What it takes: `number > 0`, `a | b`. */
  readonly type: string;
  /** As JSON; undefined: must be set, or has none. */
  readonly default: string | undefined;
  readonly description: string;
}

/** Every setting of a recipe, in the order of its schema. Places of lists are written `0`. */
export function describeSettings(): SettingDescription[] {
  const settings = new Map<string, SettingDescription>();
  for (const setting of settingsOf(recipeSchema, '', undefined)) {
    // The same setting of several losses is described once.
    const key = JSON.stringify({ ...setting, of: undefined });
    const before = settings.get(key);
    settings.set(key, before ? { ...before, of: `${before.of}, ${setting.of}` } : setting);
  }
  return [...settings.values()];
}

function* settingsOf(schema: z.ZodType, path: string, of: string | undefined): Generator<SettingDescription> {
  const inner = bare(schema);
  const variants = variantsOf(inner);
  const join = (key: string) => (path === '' ? key : `${path}.${key}`);
  if (inner instanceof z.ZodObject) {
    for (const [key, child] of Object.entries(inner.shape)) yield* settingsOf(child as z.ZodType, join(key), of);
  } else if (variants) {
    const { key, byName } = variants;
    const names = [...byName].map(([name, { description = '' }]) => `${name} (${description})`).join('; ');
    yield { path: join(key), of, type: [...byName.keys()].join(' | '), default: undefined, description: names };
    for (const [name, object] of byName) {
      for (const setting of settingsOf(object, path, name)) if (setting.path !== join(key)) yield setting;
    }
  } else if (inner instanceof z.ZodArray && !(bare(inner.element as z.ZodType) instanceof z.ZodString)) {
    yield* settingsOf(inner.element as z.ZodType, join('0'), of);
  } else {
    const json = z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
    yield {
      path,
      of,
      type: typeText(json),
      default: json.default === undefined ? undefined : JSON.stringify(json.default),
      description: json.description ?? '',
    };
  }
}

/** The parts of a JSON schema that settings use. */
interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
  readonly default?: unknown;
  readonly description?: string;
}

function typeText(json: JsonSchema): string {
  if (json.anyOf) return json.anyOf.map(typeText).join(' | ');
  if (json.enum) return json.enum.join(' | ');
  if (Array.isArray(json.type)) return json.type.map((type: string) => typeText({ type })).join(' | ');
  if (json.type === 'array') return 'list of texts';
  if (json.type === 'string') return 'text';
  if (json.type === 'boolean') return 'true | false';
  if (json.type !== 'number' && json.type !== 'integer') return String(json.type);
  const bounds = [
    [' >= ', json.minimum],
    [' > ', json.exclusiveMinimum],
    [' <= ', json.maximum],
    [' < ', json.exclusiveMaximum],
  ] as const;
  const within = bounds.filter(([, bound]) => bound !== undefined && Math.abs(bound) !== Number.MAX_SAFE_INTEGER);
  return `${json.type === 'integer' ? 'whole number' : 'number'}${within.map((bound) => bound.join('')).join(' and')}`;
}
