/** `relbert evaluate ...`: the experiments of the paper, one subcommand each. */
import type { CommandGroup } from './command.ts';
import { evaluateAnalogy } from './evaluate-analogy.ts';
import { evaluateClassification } from './evaluate-classification.ts';
import { evaluateCompare } from './evaluate-compare.ts';
import { evaluateComplete } from './evaluate-complete.ts';
import { evaluateMapping } from './evaluate-mapping.ts';
import { evaluateMining } from './evaluate-mining.ts';

export const evaluate: CommandGroup = {
  name: 'evaluate',
  summary: "the paper's evaluations and others: analogy, classification, mapping, mining, complete, compare",
  description: "The paper's evaluations, and those of mining and of completed analogies.",
  commands: [
    evaluateAnalogy,
    evaluateClassification,
    evaluateMapping,
    evaluateMining,
    evaluateComplete,
    evaluateCompare,
  ],
};
