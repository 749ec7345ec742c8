/** A fenced block of a Markdown file that a reader could copy. */
export interface CodeBlock {
  /** The line of its fence, from 1. */
  readonly line: number;
  /** sh, ts, python … */
  readonly language: string;
  readonly code: string;
  /** Bash of `<!-- setup … -->` above it: files that the reader is supposed to have. */
  readonly setup: string;
  /** Code of `<!-- preamble … -->` above it: names that the reader is supposed to have. */
  readonly preamble: string;
  /** Why it is not run, of `<!-- not run: … -->` above it. */
  readonly notRun?: string;
  /** What it prints: the block ```output after it. */
  readonly output?: string;
}

const languages = new Set(['sh', 'ts', 'js', 'python']);

/** The blocks of a Markdown file that can be run, in their order. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let above = { setup: '', preamble: '', notRun: '' };
  const pattern = /<!--\s*(setup|preamble|not run:)\s*([\s\S]*?)-->|^```(\w*)\n([\s\S]*?)^```$/gm;
  for (const match of markdown.matchAll(pattern)) {
    const [, comment, text = '', language, code = ''] = match;
    if (comment === 'setup' || comment === 'preamble') above[comment] += text;
    else if (comment) above.notRun = text.trim();
    else {
      const last = blocks.at(-1);
      if (language === 'output' && last) blocks[blocks.length - 1] = { ...last, output: code };
      else if (languages.has(language ?? '')) {
        const line = markdown.slice(0, match.index).split('\n').length;
        const { setup, preamble, notRun } = above;
        blocks.push({ line, language: language as string, code, setup, preamble, ...(notRun && { notRun }) });
      }
      above = { setup: '', preamble: '', notRun: '' };
    }
  }
  return blocks;
}

/** Whether two outputs are the same in words, and in numbers within what another processor's rounding changes. */
export function sameOutput(actual: string, expected: string): boolean {
  const parts = (text: string) =>
    text
      .trim()
      .split(/(-?\d+(?:\.\d+)?)|\s+/)
      .filter(Boolean);
  const [a, b] = [parts(actual), parts(expected)];
  return a.length === b.length && a.every((part, i) => part === b[i] || Math.abs(Number(part) - Number(b[i])) <= 0.02);
}
