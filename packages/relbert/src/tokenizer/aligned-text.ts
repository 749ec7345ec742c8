import type { RegexMatch } from './regex.ts';

/**
 * A text that is being normalised, with the range of the original text that each of its UTF-16 code units stands for.
 *
 * The rules are those of `NormalizedString` in HuggingFace tokenizers, whose offsets say which tokens belong to a word:
 * a character that replaces another takes its range, an added one shares the range of the character before it, and
 * the range of a removed one belongs to no character.
 */
export class AlignedText {
  readonly text: string;
  /** The original ranges, one per code unit; end exclusive. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** Where the section of the original text starts. */
  readonly base: number;

  constructor(text: string, starts: readonly number[], ends: readonly number[], base: number) {
    this.text = text;
    this.starts = starts;
    this.ends = ends;
    this.base = base;
  }

  /** An unchanged section of the original text. */
  static of(section: string, base = 0): AlignedText {
    const starts: number[] = [];
    const ends: number[] = [];
    for (const character of section) {
      const start = base + starts.length;
      const end = start + character.length;
      for (let i = 0; i < character.length; i++) {
        starts.push(start);
        ends.push(end);
      }
    }
    return new AlignedText(section, starts, ends, base);
  }

  get length(): number {
    return this.text.length;
  }

  slice(start: number, end: number): AlignedText {
    if (start === 0 && end === this.text.length) return this;
    return new AlignedText(
      this.text.slice(start, end),
      this.starts.slice(start, end),
      this.ends.slice(start, end),
      this.base,
    );
  }

  /** The original range of a range that is not empty. */
  original(start: number, end: number): readonly [start: number, end: number] {
    return [this.starts[start] as number, this.ends[end - 1] as number];
  }

  /**
   * The text after a change. Each new character comes with a number: 0 where it replaces the next character, 1 where
   * it was added, −n where it replaces the next character and the n after it are removed.
   * @param removed Characters removed at the start. Default 0.
   */
  transform(characters: Iterable<readonly [character: string, change: number]>, removed = 0): AlignedText {
    const starts: number[] = [];
    const ends: number[] = [];
    let text = '';
    let at = 0;
    const skip = (count: number): void => {
      for (let i = 0; i < count && at < this.text.length; i++) at += unitsAt(this.text, at);
    };
    skip(removed);
    for (const [character, change] of characters) {
      const source = change > 0 ? at - 1 : at;
      const start = source < 0 ? this.base : (this.starts[source] ?? this.base);
      const end = source < 0 ? this.base : (this.ends[source] ?? this.base);
      for (let i = 0; i < character.length; i++) {
        starts.push(start);
        ends.push(end);
      }
      text += character;
      if (change <= 0) skip(1 - change);
    }
    return new AlignedText(text, starts, ends, this.base);
  }

  /** The text with only the characters to keep. */
  filter(keep: (codePoint: number) => boolean): AlignedText {
    const starts: number[] = [];
    const ends: number[] = [];
    let text = '';
    let at = 0;
    for (const character of this.text) {
      if (keep(character.codePointAt(0) as number)) {
        text += character;
        for (let i = at; i < at + character.length; i++) {
          starts.push(this.starts[i] as number);
          ends.push(this.ends[i] as number);
        }
      }
      at += character.length;
    }
    return text.length === this.text.length ? this : new AlignedText(text, starts, ends, this.base);
  }

  /** Each character replaced by others; the first takes its place, the rest are added. */
  flatMap(replace: (character: string) => string): AlignedText {
    const starts: number[] = [];
    const ends: number[] = [];
    let text = '';
    let at = 0;
    for (const character of this.text) {
      const replaced = replace(character);
      text += replaced;
      for (let i = 0; i < replaced.length; i++) {
        starts.push(this.starts[at] as number);
        ends.push(this.ends[at] as number);
      }
      at += character.length;
    }
    return new AlignedText(text, starts, ends, this.base);
  }

  /** Every match replaced; the new text takes the range of the last character of the match. */
  replace(matches: Iterable<RegexMatch>, content: string): AlignedText {
    const starts: number[] = [];
    const ends: number[] = [];
    let text = '';
    let at = 0;
    let changed = false;
    const copy = (end: number): void => {
      text += this.text.slice(at, end);
      for (; at < end; at++) {
        starts.push(this.starts[at] as number);
        ends.push(this.ends[at] as number);
      }
    };
    for (const { start, end } of matches) {
      copy(start);
      at = end;
      changed = true;
      text += content;
      for (let i = 0; i < content.length; i++) {
        starts.push(at === 0 ? this.base : (this.starts[at - 1] as number));
        ends.push(at === 0 ? this.base : (this.ends[at - 1] as number));
      }
    }
    if (!changed) return this;
    copy(this.text.length);
    return new AlignedText(text, starts, ends, this.base);
  }

  /** With a prefix before the first character, whose range it shares; an empty text stays empty. */
  prepend(prefix: string): AlignedText {
    if (this.text === '') return this;
    const [start, end] = this.original(0, 1);
    return new AlignedText(
      prefix + this.text,
      [...new Array<number>(prefix.length).fill(start), ...this.starts],
      [...new Array<number>(prefix.length).fill(end), ...this.ends],
      this.base,
    );
  }
}

/** Code units of the character at a place: 2 for a surrogate pair. */
function unitsAt(text: string, at: number): number {
  return (text.codePointAt(at) as number) > 0xffff ? 2 : 1;
}
