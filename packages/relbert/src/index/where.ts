/**
 * @file The language of `where`: comparisons of columns, joined by and, or, not and parentheses.
 *
 *     relation = "hypernym" and not (source in ("wordnet", "bless") or score < 0.5)
 */
import { suggestion } from '../text/nearest-name.ts';
import { WhereError } from './error.ts';

/** A value of a column. */
export type ColumnValue = string | number | boolean | null;

/** A comparison as it was written, for what translates it, and as a test of a stored value. */
export interface Comparison {
  readonly kind: 'test';
  readonly column: string;
  readonly sign: '=' | '<' | '<=' | '>' | '>=';
  readonly value: ColumnValue;
  readonly test: (value: string) => boolean;
  readonly exact?: string;
}

/** A condition on rows. */
export type Condition =
  | Comparison
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition };

const tokenPattern =
  /\s*(?:(<=|>=|!=|<>|==|[=<>(),])|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`([^`]+)`|([^\s=<>!(),"'`]+))/y;

/** A map: an object would know `constructor`, too. */
const literals: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);

type Token =
  | { readonly kind: 'sign'; readonly text: string; readonly at: number }
  | { readonly kind: 'text'; readonly text: string; readonly at: number }
  | { readonly kind: 'name'; readonly text: string; readonly at: number }
  | { readonly kind: 'word'; readonly text: string; readonly at: number };

/**
 * Reads a condition.
 * @param columns The columns of the index beside `head` and `tail`.
 * @throws WhereError naming the place that cannot be read, or the column that is not there
 */
export function parseWhere(text: string, columns: readonly string[]): Condition {
  const reader = new WhereReader(text, ['head', 'tail', ...columns]);
  return reader.read();
}

class WhereReader {
  readonly #text: string;
  readonly #columns: readonly string[];
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string, columns: readonly string[]) {
    this.#text = text;
    this.#columns = columns;
    this.#tokens = tokensOf(text);
  }

  read(): Condition {
    const condition = this.#or();
    if (this.#peek()) throw this.#error('expected "and", "or" or the end');
    return condition;
  }

  #or(): Condition {
    const parts = [this.#and()];
    while (this.#takeWord('or')) parts.push(this.#and());
    return parts.length === 1 ? (parts[0] as Condition) : { kind: 'or', parts };
  }

  #and(): Condition {
    const parts = [this.#not()];
    while (this.#takeWord('and')) parts.push(this.#not());
    return parts.length === 1 ? (parts[0] as Condition) : { kind: 'and', parts };
  }

  #not(): Condition {
    if (this.#takeWord('not')) return { kind: 'not', part: this.#not() };
    if (this.#takeSign('(')) {
      const inside = this.#or();
      if (!this.#takeSign(')')) throw this.#error('expected ")"');
      return inside;
    }
    return this.#comparison();
  }

  #comparison(): Condition {
    const name = this.#peek();
    if (name?.kind !== 'word' && name?.kind !== 'name') throw this.#error('expected the name of a column');
    this.#next++;
    const column = name.text;
    if (!this.#columns.includes(column)) {
      throw new WhereError(
        `where: there is no column '${column}'${suggestion(column, this.#columns)}; the index has ${this.#columns.join(', ')}`,
      );
    }
    if (this.#takeWord('in')) return { kind: 'or', parts: this.#list().map((value) => equals(column, value)) };
    const sign = this.#peek();
    if (sign?.kind !== 'sign' || sign.text === '(' || sign.text === ')' || sign.text === ',') {
      throw this.#error('expected =, !=, <, <=, >, >= or in');
    }
    this.#next++;
    const value = this.#value();
    switch (sign.text) {
      case '=':
      case '==':
        return equals(column, value);
      case '!=':
      case '<>':
        return { kind: 'not', part: equals(column, value) };
      default:
        return { kind: 'test', column, sign: sign.text as Comparison['sign'], value, test: ordered(sign.text, value) };
    }
  }

  #list(): ColumnValue[] {
    if (!this.#takeSign('(')) throw this.#error('expected "(" after in');
    const values = [this.#value()];
    while (this.#takeSign(',')) values.push(this.#value());
    if (!this.#takeSign(')')) throw this.#error('expected "," or ")"');
    return values;
  }

  #value(): ColumnValue {
    const token = this.#peek();
    if (token?.kind === 'text') {
      this.#next++;
      return token.text;
    }
    if (token?.kind === 'word') {
      const { text } = token;
      const literal = literals.get(text);
      if (literal !== undefined || Number.isFinite(Number(text))) {
        this.#next++;
        return literal === undefined ? Number(text) : literal;
      }
    }
    throw this.#error('expected a text in quotation marks, a number, true, false or null');
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  #takeWord(word: string): boolean {
    const token = this.#peek();
    if (token?.kind !== 'word' || token.text.toLowerCase() !== word) return false;
    this.#next++;
    return true;
  }

  #takeSign(sign: string): boolean {
    const token = this.#peek();
    if (token?.kind !== 'sign' || token.text !== sign) return false;
    this.#next++;
    return true;
  }

  #error(expected: string): WhereError {
    const token = this.#peek();
    const place = token ? `at '${this.#text.slice(token.at, token.at + 20)}'` : 'at the end';
    return new WhereError(`where: cannot read '${this.#text}' ${place}: ${expected}`);
  }
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  tokenPattern.lastIndex = 0;
  const end = text.trimEnd().length;
  while (tokenPattern.lastIndex < end) {
    const start = tokenPattern.lastIndex;
    const match = tokenPattern.exec(text);
    if (!match) throw new WhereError(`where: cannot read '${text}' at '${text.slice(start).trim().slice(0, 20)}'`);
    const [all, sign, double, single, quoted, word] = match;
    const at = start + all.length - all.trimStart().length;
    const string = double ?? single;
    if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, at });
    else if (string !== undefined) tokens.push({ kind: 'text', text: string.replace(/\\(.)/g, '$1'), at });
    else if (quoted !== undefined) tokens.push({ kind: 'name', text: quoted, at });
    else tokens.push({ kind: 'word', text: word as string, at });
  }
  return tokens;
}

/** Columns of files are texts, so 3 equals "3" and "3.0". */
function equals(column: string, value: ColumnValue): Condition {
  if (typeof value !== 'number') {
    const exact = String(value);
    return { kind: 'test', column, sign: '=', value, test: (text) => text === exact, exact };
  }
  const test = (text: string): boolean => text.trim() !== '' && Number(text) === value;
  return { kind: 'test', column, sign: '=', value, test };
}

function ordered(sign: string, value: ColumnValue): (text: string) => boolean {
  const holds = (order: number): boolean =>
    (order < 0 && sign.startsWith('<')) || (order > 0 && sign.startsWith('>')) || (order === 0 && sign.endsWith('='));
  if (typeof value === 'number') {
    return (text) => text.trim() !== '' && Number.isFinite(Number(text)) && holds(Number(text) - value);
  }
  const other = String(value);
  return (text) => holds(text < other ? -1 : text > other ? 1 : 0);
}
