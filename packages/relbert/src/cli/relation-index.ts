/** `relbert index ...`: relation embeddings of many pairs, searched in milliseconds. */
import type { CommandGroup } from './command.ts';
import { indexPush } from './index-push.ts';
import { indexInfo, indexSearch, indexVerify } from './index-search.ts';
import { indexAdd, indexBuild, indexCompact, indexRemove } from './index-write.ts';

export const index: CommandGroup = {
  name: 'index',
  summary: 'make and search an index of many pairs',
  description: 'An index holds the relation embeddings of many pairs and finds the nearest in milliseconds.',
  commands: [indexBuild, indexAdd, indexRemove, indexCompact, indexSearch, indexInfo, indexVerify, indexPush],
};
