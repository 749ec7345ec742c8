/** `relbert index push`: an index as a table of PostgreSQL. */

import type { PushIndexEvent } from '../node/postgres/push-index.ts';
import { command } from './command.ts';
import { counted } from './counted.ts';
import { UsageError } from './exit.ts';
import { openIndex } from './index-model.ts';
import { flag, fromOne, number, required, text } from './option.ts';
import { type StageLabels, StageProgress } from './stage-progress.ts';

const labels: StageLabels<PushIndexEvent> = {
  copying: ['copying', 'pairs'],
  indexing: ['building the graph', 'pairs'],
};

export const indexPush = command({
  name: 'push',
  summary: 'copy an index into a table of PostgreSQL',
  description:
    'Adds the pairs of an index to a table of PostgreSQL with pgvector, and makes the graph that searches need. Pairs that are there already are not added again, so the same command goes on after an interruption.',
  options: {
    to: required(text('<address>', 'postgres://user@host:5432/database; the password may be in PGPASSWORD')),
    table: text('<name>', 'NAME or SCHEMA.NAME (default: ?table= of the address, else relbert_pairs)'),
    index: required(text('<dir>', 'the folder of the index')),
    overwrite: flag('replace the table, where relbert made it'),
    buildMemory: number(
      '<megabytes>',
      'memory that the server may take to build the graph (default: what it needs, up to 2000)',
      fromOne,
    ),
    json: flag('print {"added","repeated","rows"}'),
  },
  examples: ['relbert index push --to postgres://user@host/words --table pairs --index wordnet-index'],
  async run(_, flags, terminal) {
    const { isPostgresAddress } = await import('../node/postgres/address.ts');
    if (!isPostgresAddress(flags.to)) throw new UsageError('--to is not an address that starts with postgres://');
    const { pushIndex } = await import('../node/postgres/push-index.ts');
    await using index = await openIndex(flags.index);
    await using bar = new StageProgress<PushIndexEvent>(labels, terminal);
    bar.total = index.info().rows;
    const { table, overwrite = false, buildMemory } = flags;
    const result = await pushIndex(index, flags.to, {
      ...{ table, overwrite, buildMemory, signal: terminal.signal, onNotice: terminal.note },
      ...(terminal.showsProgress && { onProgress: bar.show }),
    });
    await bar[Symbol.asyncDispose]();
    if (flags.json) return terminal.print(JSON.stringify(result));
    const repeated = result.repeated > 0 ? `, ${result.repeated} were there already` : '';
    await terminal.print(`${counted(result.added, 'pair')} added${repeated}; the table has ${result.rows}`);
  },
});
