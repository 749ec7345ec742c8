/** `relbert index ...`: relation embeddings of many pairs, searched in milliseconds. */
import type { Command } from 'commander';
import { addIndexSearchCommands } from './index-search.ts';
import { addIndexWriteCommands } from './index-write.ts';
import type { Terminal } from './terminal.ts';

export function addIndexCommand(program: Command, terminal: Terminal): void {
  const index = program
    .command('index')
    .summary('make and search an index of many pairs')
    .description('An index holds the relation embeddings of many pairs and finds the nearest in milliseconds.');
  addIndexWriteCommands(index, terminal);
  addIndexSearchCommands(index, terminal);
}
