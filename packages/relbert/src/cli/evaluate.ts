/** `relbert evaluate ...`: the experiments of the paper, one subcommand each. */
import type { CommandGroup } from './command.ts';
import { evaluateAnalogy } from './evaluate-analogy.ts';
import { evaluateClassification } from './evaluate-classification.ts';
import { evaluateCompare } from './evaluate-compare.ts';
import { evaluateMapping } from './evaluate-mapping.ts';

export const evaluate: CommandGroup = {
  name: 'evaluate',
  summary: "the paper's evaluations: analogy, classification, mapping, compare",
  description: "The paper's evaluations.",
  commands: [evaluateAnalogy, evaluateClassification, evaluateMapping, evaluateCompare],
};
