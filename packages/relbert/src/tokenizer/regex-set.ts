/** Sets of characters in Oniguruma's regular expressions: `\w`, `[[:alpha:]&&[^a-z]]`, `\p{Han}`. */
import type { CharacterClassElementNode, CharacterSetNode } from 'oniguruma-parser/parser';

/** Whether a code point belongs to a set. */
export type CharacterTest = (codePoint: number) => boolean;

/** Flags that change what a character matches. */
export interface RegexFlags {
  readonly ignoreCase: boolean;
  readonly dotAll: boolean;
}

/** A construct that cannot be translated exactly. */
export class UnsupportedRegex extends Error {
  override readonly name = 'UnsupportedRegex';
}

/** Oniguruma's classes in the class syntax of JavaScript's flag `v`. Compared with it for every code point. */
const classes: Readonly<Record<string, string>> = {
  alnum: '\\p{Alphabetic}\\p{Nd}',
  alpha: '\\p{Alphabetic}',
  ascii: '\\p{ASCII}',
  blank: '\\t\\p{Zs}',
  cntrl: '\\p{Cc}',
  digit: '\\p{Nd}',
  graph: '[^\\p{White_Space}\\p{Cc}\\p{Cn}\\p{Cs}]',
  hex: '0-9A-Fa-f',
  lower: '\\p{Lowercase}',
  print: '[^\\p{Cc}\\p{Cn}\\p{Cs}]',
  punct: '\\p{P}\\p{S}',
  space: '\\p{White_Space}',
  upper: '\\p{Uppercase}',
  word: '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}',
  xdigit: '0-9A-Fa-f',
};

/** @throws UnsupportedRegex for a set that JavaScript does not know */
export function characterTest(node: CharacterClassElementNode | CharacterSetNode, flags: RegexFlags): CharacterTest {
  return cached(testOf(node, flags, false));
}

/** @param inClass Within brackets, letters of a property match in both cases too where case is ignored. */
function testOf(node: CharacterClassElementNode, flags: RegexFlags, inClass: boolean): CharacterTest {
  switch (node.type) {
    case 'Character': {
      const { value } = node;
      return flags.ignoreCase ? anyCase((point) => point === value, [value]) : (point) => point === value;
    }
    case 'CharacterClassRange': {
      const [min, max] = [node.min.value, node.max.value];
      const test: CharacterTest = (point) => point >= min && point <= max;
      return flags.ignoreCase ? anyCase(test) : test;
    }
    case 'CharacterClass': {
      const parts = node.body.map((part) => testOf(part, flags, true));
      const test: CharacterTest =
        node.kind === 'union'
          ? (point) => parts.some((part) => part(point))
          : (point) => parts.every((part) => part(point));
      return node.negate ? (point) => !test(point) : test;
    }
    case 'CharacterSet': {
      const set = setOf(node, flags, inClass);
      const test = flags.ignoreCase && inClass ? anyCase(set) : set;
      return node.negate && node.kind !== 'newline' ? (point) => !test(point) : test;
    }
  }
}

function setOf(node: CharacterSetNode, flags: RegexFlags, inClass: boolean): CharacterTest {
  switch (node.kind) {
    case 'any':
      return () => true;
    case 'dot':
      return flags.dotAll ? () => true : (point) => point !== 0x0a;
    case 'newline':
      return (point) => point !== 0x0a; // \N; \R is not a set
    case 'digit':
    case 'hex':
    case 'space':
      return byPattern(classes[node.kind] as string);
    case 'word':
      // Outside brackets a table of Latin-1 decides, which also counts these.
      return byPattern(`${classes['word']}${inClass ? '' : '²³¹¼½¾'}`);
    case 'posix':
      return byPattern(classes[node.value] as string);
    case 'property':
      return propertyTest(node.value);
    default:
      throw new UnsupportedRegex('\\X is not supported');
  }
}

function propertyTest(name: string): CharacterTest {
  const key = name.toLowerCase().replace(/[ _-]/g, '');
  // \p{Punct} is the general category, without the symbols of [[:punct:]].
  if (key !== 'punct' && Object.hasOwn(classes, key)) return byPattern(classes[key] as string);
  for (const pattern of [`\\p{${name}}`, `\\p{Script=${name}}`]) {
    try {
      return byPattern(pattern);
    } catch {
      // JavaScript has no property of this name
    }
  }
  throw new UnsupportedRegex(`\\p{${name}} is not supported`);
}

function byPattern(pattern: string): CharacterTest {
  const expression = new RegExp(`^[${pattern}]$`, 'v');
  return (point) => expression.test(String.fromCodePoint(point));
}

/** Also the characters whose other case belongs to the set. */
function anyCase(test: CharacterTest, members: readonly number[] = []): CharacterTest {
  if (members.some((point) => String.fromCodePoint(point).toUpperCase().length > String.fromCodePoint(point).length)) {
    throw new UnsupportedRegex(`${JSON.stringify(String.fromCodePoint(...members))} without case is not supported`);
  }
  const folded = new Set(members.map(fold));
  return (point) => test(point) || folded.has(fold(point)) || cases(point).some(test);
}

function fold(point: number): number {
  if (point === dotlessI) return point;
  const [only, ...more] = String.fromCodePoint(point).toUpperCase().toLowerCase();
  return only === undefined || more.length > 0 ? point : (only.codePointAt(0) as number);
}

/** The character in lower and in upper case, where that is one character. */
function cases(point: number): number[] {
  if (point === dotlessI) return [];
  if (point === sharpS) return [capitalSharpS];
  const character = String.fromCodePoint(point);
  return [character.toLowerCase(), character.toUpperCase(), character.toUpperCase().toLowerCase()]
    .filter((other) => [...other].length === 1)
    .map((other) => other.codePointAt(0) as number);
}

const dotlessI = 0x131;
const sharpS = 0xdf;
const capitalSharpS = 0x1e9e;

/** Each code point is tested once. */
function cached(test: CharacterTest): CharacterTest {
  const answers = new Map<number, boolean>();
  return (point) => {
    let answer = answers.get(point);
    if (answer === undefined) {
      answer = test(point);
      answers.set(point, answer);
    }
    return answer;
  };
}
