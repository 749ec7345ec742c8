/**
 * Regular expressions of tokenizer.json: Oniguruma's syntax, matched in bounded time.
 *
 * Patterns are parsed by oniguruma-parser and compiled to a small program. The matcher follows the program as a
 * backtracking engine does, so the same alternative wins, but visits each pair of an instruction and a place at most
 * once: what failed there once fails there again. That holds without back references, which are refused.
 */
import { type Instruction, isPair, type Program, programOf, unitsAt } from './regex-program.ts';
import { UnsupportedRegex } from './regex-set.ts';

/** A match: UTF-16 code units, end exclusive. */
export interface RegexMatch {
  readonly start: number;
  readonly end: number;
}

/** Steps that one text may take: a fraction of a second. */
const mostSteps = 20_000_000;
/** Pairs of an instruction and a place that are remembered, at four bytes each. */
const mostPlaces = 1 << 24;

/** A compiled regular expression. */
export class Regex {
  readonly source: string;
  readonly #program: Program;

  /** @throws UnsupportedRegex for a pattern that is not valid or cannot be translated exactly */
  constructor(source: string) {
    this.source = source;
    this.#program = programOf(source);
  }

  /**
   * The matches from left to right. An empty match right after another match does not count, as in the reference.
   * @throws UnsupportedRegex where the text takes too many steps
   */
  *matches(text: string): Generator<RegexMatch> {
    const run = new Run(text, this.source);
    let last = -1;
    for (let at = 0; at <= text.length; ) {
      const end = run.program(this.#program, at, text.length);
      if (end < 0 || (end === at && last === at)) {
        at += unitsAt(text, at);
        continue;
      }
      yield { start: at, end };
      last = end;
      at = end;
    }
  }
}

/** A text being matched. */
class Run {
  readonly #text: string;
  readonly #source: string;
  readonly #visited = new Map<Program, { readonly marks: Uint32Array; mark: number }>();
  #places = 0;
  #steps = 0;

  constructor(text: string, source: string) {
    this.#text = text;
    this.#source = source;
  }

  /** Where the match that starts at a place ends; -1 where there is none. */
  program(program: Program, start: number, limit: number): number {
    const text = this.#text;
    const width = text.length + 1;
    const visited = this.#visitedOf(program);
    const stack = [0, start];
    while (stack.length > 0) {
      let at = stack.pop() as number;
      let next = stack.pop() as number;
      for (;;) {
        const mark = next * width + at;
        if (visited.marks[mark] === visited.mark) break;
        visited.marks[mark] = visited.mark;
        if (++this.#steps > mostSteps) this.#stop('takes too long');
        const step = program[next] as Instruction;
        if (step.kind === 'character') {
          if (at >= text.length || !step.test(text.codePointAt(at) as number)) break;
          at += unitsAt(text, at);
          next++;
        } else if (step.kind === 'split') {
          if (step.second >= 0) stack.push(step.second, at);
          next = step.first;
        } else if (step.kind === 'end') {
          if (step.atLimit && at !== limit) break;
          visited.mark++; // what was visited on the way did not fail
          return at;
        } else if (step.kind === 'at') {
          if (!step.test(text, at)) break;
          next++;
        } else if (step.kind === 'atomic') {
          const end = this.program(step.program, at, text.length);
          if (end < 0) break;
          at = end;
          next++;
        } else {
          if (this.#look(step, at) === step.negate) break;
          next++;
        }
      }
    }
    return -1;
  }

  #look({ program, behind }: { readonly program: Program; readonly behind: number }, at: number): boolean {
    if (behind < 0) return this.program(program, at, this.#text.length) >= 0;
    this.#visitedOf(program).mark++; // what failed before another place may match before this one
    let start = at;
    for (let width = 0; width <= behind && start >= 0; width++) {
      if (this.program(program, start, at) >= 0) return true;
      start -= start > 1 && isPair(this.#text, start - 2) ? 2 : 1;
    }
    return false;
  }

  #visitedOf(program: Program): { readonly marks: Uint32Array; mark: number } {
    const width = this.#text.length + 1;
    let visited = this.#visited.get(program);
    if (!visited) {
      this.#places += program.length * width;
      if (this.#places > mostPlaces) this.#stop('is too long');
      visited = { marks: new Uint32Array(program.length * width), mark: 1 };
      this.#visited.set(program, visited);
    }
    return visited;
  }

  #stop(problem: string): never {
    throw new UnsupportedRegex(
      `a text of ${this.#text.length} characters ${problem} for the regular expression ${JSON.stringify(this.#source)}`,
    );
  }
}
