/** A search on a tiny model, for tests of AutoPrompt. */
import { type AutopromptOptions, autoprompt } from '../../src/search/autoprompt.ts';
import type { AutopromptEvent, IterationEvent } from '../../src/search/autoprompt-event.ts';
import { keptSessions } from '../kept-sessions.ts';
import { tinyModel, wordRelations } from './model.ts';

/** Pooling over mask tokens too: so the start from mask tokens gives the same kind of embedding. */
export const model = await tinyModel('bert', 'average');
export const runtime = keptSessions();
export const relations = wordRelations(12);
export const validation = wordRelations(12, { seed: 9 });
export const problem = { model, relations, validation, runtime, threads: 1, relationsPerBatch: 6 };

export async function run(options: Partial<AutopromptOptions>): Promise<AutopromptEvent[]> {
  const events: AutopromptEvent[] = [];
  const counts = { begin: 2, middle: 1, end: 1 };
  for await (const event of autoprompt({ ...problem, counts, seed: 1, k: 20, iterations: 6, ...options })) {
    events.push(event);
  }
  return events;
}

export const iterationsOf = (events: readonly AutopromptEvent[]): IterationEvent[] =>
  events.filter((event): event is IterationEvent => event.kind === 'iteration');
