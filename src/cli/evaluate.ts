/** `relbert evaluate ...`: the experiments of the paper, one subcommand each. */
import type { Command } from 'commander';
import { addEvaluateAnalogyCommand } from './evaluate-analogy.ts';
import { examples } from './examples.ts';
import type { Terminal } from './terminal.ts';

export function addEvaluateCommand(program: Command, terminal: Terminal): void {
  const evaluate = program
    .command('evaluate')
    .summary('measure a model on analogy questions')
    .description("The paper's evaluations.")
    .addHelpText('after', examples(['relbert evaluate analogy --data data/u2 data/google']));
  addEvaluateAnalogyCommand(evaluate, terminal);
}
