/** The commands of `relbert`. Their files import nothing heavy: what does the work is imported when it runs. */
import { analogy } from './analogy.ts';
import { classify } from './classify.ts';
import { cluster } from './cluster.ts';
import type { Declaration } from './command.ts';
import { complete } from './complete.ts';
import { distill } from './distill.ts';
import { embed } from './embed.ts';
import { evaluate } from './evaluate.ts';
import { exportCommand } from './export.ts';
import { info } from './info.ts';
import { mine } from './mine.ts';
import { neighbours } from './neighbours.ts';
import { prompt } from './prompt.ts';
import { push } from './push.ts';
import { index } from './relation-index.ts';
import { similarity } from './similarity.ts';

export const commands: readonly Declaration[] = [
  embed,
  similarity,
  analogy,
  classify,
  cluster,
  complete,
  evaluate,
  distill,
  exportCommand,
  push,
  prompt,
  neighbours,
  index,
  mine,
  info,
];
