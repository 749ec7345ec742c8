/** A prompt that is too long, in the words of the command line: the library's message names its own options. */
import type { Command } from 'commander';
import type { PromptTooLongError } from '../encoder/relation-encoder.ts';

/** By name: nothing is loaded for it. */
export function isPromptTooLong(error: unknown): error is PromptTooLongError {
  return error instanceof Error && error.name === 'PromptTooLongError';
}

/** What is too long, and which of the command's flags help. */
export function describeTooLong({ pair, length, limit }: PromptTooLongError, command: Command | undefined): string {
  const ways = [
    ['--template', 'a shorter --template'],
    ['--max-length', 'a larger --max-length where the model takes it'],
    ['--skip-too-long', '--skip-too-long, which leaves such pairs out'],
  ].flatMap(([flag, way]) => (command?.options.some(({ long }) => long === flag) ? [way] : []));
  const what = `the prompt of the pair ${JSON.stringify([pair.head, pair.tail])} has ${length} tokens, ${limit} are allowed`;
  return ways.length === 0 ? what : `${what}: use ${ways.join(', or ')}`;
}
