/** Settings in a zod schema by path, with messages that name path, value, what was expected and the nearest name. */
import * as z from 'zod';
import { excerpt } from './excerpt.ts';
import { suggestion } from './nearest-name.ts';

/** A key of an object, or a place in a list. */
export type Key = string | number;

/** A schema without its default, `optional` and `nullable`. */
export function bare(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional || schema instanceof z.ZodNullable
    ? bare(schema.unwrap() as z.ZodType)
    : schema;
}

/** The objects that a schema allows, by the values of the key that tells them apart. */
export interface Variants {
  readonly key: string;
  readonly byName: ReadonlyMap<string, z.ZodObject>;
}

/** @returns undefined for a schema that is not a union */
export function variantsOf(schema: z.ZodType): Variants | undefined {
  const union = bare(schema);
  if (!(union instanceof z.ZodDiscriminatedUnion)) return undefined;
  const key = union.def.discriminator;
  const options = union.options as readonly z.ZodObject[];
  return { key, byName: new Map(options.map((option) => [String((option.shape[key] as z.ZodLiteral).value), option])) };
}

/** The object schema that a value follows: of a union the one that the value names. */
export function objectOf(schema: z.ZodType, value: unknown): z.ZodObject | undefined {
  const variants = variantsOf(schema);
  if (variants) return variants.byName.get(String(propertyOf(value, variants.key)));
  const object = bare(schema);
  return object instanceof z.ZodObject ? object : undefined;
}

/** The schema of one part of a value. */
export function childOf(schema: z.ZodType, value: unknown, key: Key): z.ZodType | undefined {
  const list = bare(schema);
  if (list instanceof z.ZodArray) return list.element as z.ZodType;
  return objectOf(schema, value)?.shape[key] as z.ZodType | undefined;
}

export function propertyOf(value: unknown, key: Key): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<Key, unknown>)[key] : undefined;
}

/** `there is no setting 'x' (did you mean y?)`. */
export function unknownSetting(name: Key, schema: z.ZodObject | undefined): string {
  const names = Object.keys(schema?.shape ?? {});
  return `there is no setting '${name}'${suggestion(String(name), names)}; there are: ${names.join(', ')}`;
}

/** What zod found wrong with a value, in one line. */
export function describeIssues(schema: z.ZodType, issues: readonly z.core.$ZodIssue[], value: unknown): string {
  return issues.map((issue) => describeIssue(schema, issue, value)).join('; ');
}

function describeIssue(schema: z.ZodType, issue: z.core.$ZodIssue, root: unknown): string {
  const path = issue.path as readonly Key[];
  const { part, value } = partAt(schema, root, path);
  const at = path.length > 0 ? `${path.join('.')}: ` : '';
  switch (issue.code) {
    case 'custom':
      return `${at}${issue.message}`;
    case 'unrecognized_keys':
      return `${at}${issue.keys.map((name) => unknownSetting(name, part && objectOf(part, value))).join('; ')}`;
    case 'invalid_value':
      return `${at}${notOneOf(issue.values.map(String), value)}`;
    case 'invalid_union': {
      // The issue's path ends with the key that tells the variants apart.
      const union = partAt(schema, root, path.slice(0, -1)).part;
      return `${at}${notOneOf([...((union && variantsOf(union))?.byName.keys() ?? [])], value)}`;
    }
    default: {
      const expected = issue.message.replace(/^(Invalid input|Too small|Too big): /, '').replace(/, received.*$/, '');
      return `${at}${expected}, got ${shown(value)}`;
    }
  }
}

/** A part of a value, with its schema where the path follows the schema. */
function partAt(schema: z.ZodType, root: unknown, path: readonly Key[]) {
  let part: z.ZodType | undefined = schema;
  let value = root;
  for (const key of path) {
    part = part && childOf(part, value, key);
    value = propertyOf(value, key);
  }
  return { part, value };
}

/** `expected x or y, got 'z' (did you mean …?)`. */
export function notOneOf(names: readonly string[], value: unknown): string {
  return `expected one of ${names.join(', ')}, got ${shown(value)}${suggestion(String(value), names)}`;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'string' ? `'${value}'` : excerpt(value);
}
