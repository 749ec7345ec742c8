/** `relbert evaluate ...`: the experiments of the paper, one subcommand each. */
import type { Command } from 'commander';
import { addEvaluateAnalogyCommand } from './evaluate-analogy.ts';
import { addEvaluateClassificationCommand } from './evaluate-classification.ts';
import { addEvaluateCompareCommand } from './evaluate-compare.ts';
import { addEvaluateMappingCommand } from './evaluate-mapping.ts';
import type { Terminal } from './terminal.ts';

export function addEvaluateCommand(program: Command, terminal: Terminal): void {
  const evaluate = program
    .command('evaluate')
    .summary("the paper's evaluations: analogy, classification, mapping, compare")
    .description("The paper's evaluations.");
  addEvaluateAnalogyCommand(evaluate, terminal);
  addEvaluateClassificationCommand(evaluate, terminal);
  addEvaluateMappingCommand(evaluate, terminal);
  addEvaluateCompareCommand(evaluate, terminal);
}
