/** Patterns in Oniguruma's syntax as small programs, which regex.ts runs. */
import { type AlternativeElementNode, type AlternativeNode, parse, type QuantifierNode } from 'oniguruma-parser/parser';
import { OnigUnicodePropertyMap } from 'oniguruma-parser/unicode';
import { type CharacterTest, characterTest, type RegexFlags, UnsupportedRegex } from './regex-set.ts';

const mostInstructions = 5000;

export type Instruction =
  | { readonly kind: 'character'; readonly test: CharacterTest }
  | { readonly kind: 'at'; readonly test: (text: string, at: number) => boolean }
  | { readonly kind: 'look'; readonly program: Program; readonly behind: number; readonly negate: boolean }
  | { readonly kind: 'atomic'; readonly program: Program }
  | { readonly kind: 'end'; readonly atLimit: boolean }
  /** Goes on at `first`; where that fails, at `second`. */
  | { readonly kind: 'split'; first: number; second: number };

export type Program = Instruction[];

/** @throws UnsupportedRegex for a pattern that is not valid or cannot be translated exactly */
export function programOf(source: string): Program {
  let body: AlternativeNode[];
  try {
    ({ body } = parse(source, { unicodePropertyMap: OnigUnicodePropertyMap, rules: { captureGroup: true } }));
  } catch (error) {
    throw new UnsupportedRegex(error instanceof Error ? error.message : String(error));
  }
  return compile(body, { ignoreCase: false, dotAll: false }, false);
}

function compile(body: readonly AlternativeNode[], flags: RegexFlags, atLimit: boolean): Program {
  const program: Program = [];
  compileAlternatives(program, body, flags);
  program.push({ kind: 'end', atLimit });
  return program;
}

function compileAlternatives(program: Program, body: readonly AlternativeNode[], outer: RegexFlags): void {
  const flags = withLeadingFlags(body, outer);
  const ends: Extract<Instruction, { kind: 'split' }>[] = [];
  body.forEach((alternative, i) => {
    if (i === body.length - 1) {
      compileSequence(program, alternative.body, flags, body.length > 1);
      return;
    }
    const split = pushSplit(program);
    split.first = program.length;
    compileSequence(program, alternative.body, flags, true);
    const jump = pushSplit(program);
    ends.push(jump);
    split.second = program.length;
  });
  for (const jump of ends) jump.first = program.length;
}

function compileSequence(
  program: Program,
  nodes: readonly AlternativeElementNode[],
  outer: RegexFlags,
  among: boolean,
): void {
  let flags = outer;
  checkFolding(nodes, flags);
  nodes.forEach((node, i) => {
    if (node.type !== 'Directive') compileNode(program, node, flags);
    else if (node.kind !== 'flags') throw new UnsupportedRegex('\\K is not supported');
    else if (i > 0) {
      if (among) throw new UnsupportedRegex('options amid alternatives are not supported');
      flags = changed(flags, node.flags);
      checkFolding(nodes.slice(i + 1), flags);
    }
  });
  if (program.length > mostInstructions) throw new UnsupportedRegex('the pattern is too large');
}

/** `(?i)` at the start holds for all alternatives. */
function withLeadingFlags(body: readonly AlternativeNode[], flags: RegexFlags): RegexFlags {
  const first = body[0]?.body[0];
  return first?.type === 'Directive' && first.kind === 'flags' ? changed(flags, first.flags) : flags;
}

type FlagChange = { readonly enable?: Record<string, unknown>; readonly disable?: Record<string, unknown> } | undefined;

function changed(flags: RegexFlags, change: FlagChange): RegexFlags {
  const turned = (name: keyof RegexFlags): boolean =>
    change?.enable?.[name] === true || (flags[name] && change?.disable?.[name] !== true);
  return { ignoreCase: turned('ignoreCase'), dotAll: turned('dotAll') };
}

/** Without case, some letters in a row equal one character ("ss" and "ß"): refused. */
function checkFolding(nodes: readonly AlternativeElementNode[], flags: RegexFlags): void {
  if (!flags.ignoreCase) return;
  const text = nodes.map((node) => (node.type === 'Character' ? String.fromCodePoint(node.value) : ' ')).join('');
  const found = /ss|ff|fi|fl|st|[^\p{ASCII}][\u0300-\u036f\u0370-\u03ff]|[a-z][\u0300-\u036f\u02be]|\u02bcn/iu.exec(
    text,
  );
  if (found) throw new UnsupportedRegex(`${JSON.stringify(found[0])} without case is not supported`);
}

function compileNode(program: Program, node: AlternativeElementNode, flags: RegexFlags): void {
  switch (node.type) {
    case 'Character':
    case 'CharacterClass':
      program.push({ kind: 'character', test: characterTest(node, flags) });
      return;
    case 'CharacterSet':
      if (node.kind === 'newline' && !node.negate) {
        program.push({
          kind: 'atomic',
          program: compile(parse('\\r\\n|[\\n-\\r\\x{85}\\x{2028}\\x{2029}]').body, flags, false),
        });
      } else program.push({ kind: 'character', test: characterTest(node, flags) });
      return;
    case 'CapturingGroup':
      compileAlternatives(program, node.body, flags);
      return;
    case 'Group': {
      const inner = changed(flags, node.flags);
      if (node.atomic) program.push({ kind: 'atomic', program: compile(node.body, inner, false) });
      else compileAlternatives(program, node.body, inner);
      return;
    }
    case 'Quantifier':
      compileQuantifier(program, node, flags);
      return;
    case 'Assertion':
      program.push({ kind: 'at', test: assertion(node.kind, node.negate === true) });
      return;
    case 'LookaroundAssertion': {
      const behind = node.kind === 'lookbehind';
      program.push({
        kind: 'look',
        program: compile(node.body, flags, behind),
        behind: behind ? Math.max(...node.body.map(({ body }) => widthOf(body))) : -1,
        negate: node.negate,
      });
      return;
    }
    default:
      throw new UnsupportedRegex(`${unsupported[node.type] ?? node.type} is not supported`);
  }
}

const unsupported: Readonly<Record<string, string>> = {
  AbsenceFunction: 'an absence operator (?~...)',
  Backreference: 'a back reference',
  NamedCallout: 'a callout',
  Subroutine: 'a subroutine \\g',
};

function compileQuantifier(program: Program, node: QuantifierNode, flags: RegexFlags): void {
  const { kind, min, max, body } = node;
  if (kind === 'possessive') {
    const greedy: QuantifierNode = { ...node, kind: 'greedy' };
    program.push({ kind: 'atomic', program: compile([{ type: 'Alternative', body: [greedy] }], flags, false) });
    return;
  }
  if (max === Number.POSITIVE_INFINITY && !isEmptyLast(body)) {
    throw new UnsupportedRegex('repeating what may be empty is not supported');
  }
  const copy = (): void => {
    compileNode(program, body, flags);
    if (program.length > mostInstructions) throw new UnsupportedRegex('the pattern is too large');
  };
  /** Tries the body before going on, or after it for a lazy quantifier. */
  const choose = (): ((end: number) => void) => {
    const split = pushSplit(program);
    const [inside, outside] = kind === 'greedy' ? (['first', 'second'] as const) : (['second', 'first'] as const);
    split[inside] = program.length;
    return (end) => {
      split[outside] = end;
    };
  };
  for (let i = 0; i < min; i++) copy();
  if (max === Number.POSITIVE_INFINITY) {
    const start = program.length;
    const leave = choose();
    copy();
    pushSplit(program).first = start;
    leave(program.length);
    return;
  }
  const leaves: ((end: number) => void)[] = [];
  for (let i = min; i < max; i++) {
    leaves.push(choose());
    copy();
  }
  for (const leave of leaves) leave(program.length);
}

function pushSplit(program: Program): Extract<Instruction, { kind: 'split' }> {
  const split: Extract<Instruction, { kind: 'split' }> = { kind: 'split', first: -1, second: -1 };
  program.push(split);
  return split;
}

/** Whether a node never matches the empty text, or only after everything else was tried: then it may be repeated. */
function isEmptyLast(node: AlternativeElementNode): boolean {
  if (!mayBeEmpty(node)) return true;
  if (node.type === 'Quantifier') return node.kind !== 'lazy' && isEmptyLast(node.body);
  if (node.type !== 'Group' && node.type !== 'CapturingGroup') return false;
  return node.body.every(({ body }, i) => {
    if (!body.every(mayBeEmpty)) return true;
    return i === node.body.length - 1 && body.every(isEmptyLast);
  });
}

function mayBeEmpty(node: AlternativeElementNode): boolean {
  switch (node.type) {
    case 'Character':
    case 'CharacterClass':
    case 'CharacterSet':
      return false;
    case 'Quantifier':
      return node.min === 0 || mayBeEmpty(node.body);
    case 'Group':
    case 'CapturingGroup':
      return node.body.some(({ body }) => body.every(mayBeEmpty));
    default:
      return true;
  }
}

/** The most characters that a sequence can match. */
function widthOf(nodes: readonly AlternativeElementNode[]): number {
  return nodes.reduce((width, node) => {
    if (node.type === 'Character' || node.type === 'CharacterClass') return width + 1;
    if (node.type === 'CharacterSet') return width + (node.variableLength ? 2 : 1);
    if (node.type === 'Quantifier') return width + (node.max === 0 ? 0 : node.max * widthOf([node.body]));
    if (node.type === 'Group' || node.type === 'CapturingGroup') {
      return width + Math.max(...node.body.map(({ body }) => widthOf(body)));
    }
    return width;
  }, 0);
}

function assertion(kind: string, negate: boolean): (text: string, at: number) => boolean {
  switch (kind) {
    case 'line_start':
      return (text, at) => at === 0 || (text[at - 1] === '\n' && at < text.length);
    case 'line_end':
      return (text, at) => at === text.length || text[at] === '\n';
    case 'string_start':
      return (_, at) => at === 0;
    case 'string_end':
      return (text, at) => at === text.length;
    case 'string_end_newline':
      return (text, at) => at === text.length || (at === text.length - 1 && text[at] === '\n');
    case 'word_boundary': {
      const isWord = characterTest({ type: 'CharacterSet', kind: 'word' }, { ignoreCase: false, dotAll: false });
      return (text, at) => {
        const before = at > 0 && isWord(text.codePointAt(at > 1 && isPair(text, at - 2) ? at - 2 : at - 1) as number);
        const after = at < text.length && isWord(text.codePointAt(at) as number);
        return (before !== after) !== negate;
      };
    }
    default:
      throw new UnsupportedRegex(`the assertion ${kind.replaceAll('_', ' ')} is not supported`);
  }
}

/** Code units of the character at a place: 2 for a surrogate pair. */
export function unitsAt(text: string, at: number): number {
  return at < text.length && isPair(text, at) ? 2 : 1;
}

export function isPair(text: string, at: number): boolean {
  return (text.codePointAt(at) as number) > 0xffff;
}
