/** `relbert prompt ...`: where a prompt comes from. */
import type { Command } from 'commander';
import { addPromptCompareCommand } from './prompt-compare.ts';
import { addPromptSearchCommand } from './prompt-search.ts';
import { addPromptTuneCommand } from './prompt-tune.ts';
import type { Terminal } from './terminal.ts';

export function addPromptCommand(program: Command, terminal: Terminal): void {
  const prompt = program
    .command('prompt')
    .summary('find a prompt: search (AutoPrompt), tune (P-tuning), compare')
    .description('Finds or compares prompts for a language model, which stays as it is.');
  addPromptSearchCommand(prompt, terminal);
  addPromptTuneCommand(prompt, terminal);
  addPromptCompareCommand(prompt, terminal);
}
