/** `relbert prompt ...`: where a prompt comes from. */
import type { CommandGroup } from './command.ts';
import { promptCompare } from './prompt-compare.ts';
import { promptSearch } from './prompt-search.ts';
import { promptTune } from './prompt-tune.ts';

export const prompt: CommandGroup = {
  name: 'prompt',
  summary: 'find a prompt: search (AutoPrompt), tune (P-tuning), compare',
  description: 'Finds or compares prompts for a language model, which stays as it is.',
  commands: [promptSearch, promptTune, promptCompare],
};
