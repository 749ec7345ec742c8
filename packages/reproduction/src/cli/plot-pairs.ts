/** Word pairs for a map, with their relations where the file has them. */

import {
  holdsRelations,
  isCarried,
  linesOf,
  pairFileFormat,
  pairsOfCarried,
  parsePairBytes,
  readCarriedPairs,
  readText,
} from 'relbert/cli';
import { DataError, type DataFile, parseLexicalRelations } from 'relbert/evaluate';
import { parseRelationSets } from 'relbert/train';
import type { MappedPair } from '../plot/relation-map-plot.ts';

/**
 * Reads by ending: .tsv and .csv with head, tail and perhaps relation; .jsonl with a pair a line, `{"head","tail"}`
 * and perhaps `"relation"`, or with the relations that `relbert distill --data` takes; or `package/NAME`, the pairs that
 * the package carries.
 * @throws DataError naming file and line
 */
export async function readMappedPairs(file: string, onNotice?: (notice: string) => void): Promise<MappedPair[]> {
  if (isCarried(file)) {
    return pairsOfCarried(await readCarriedPairs(file)).map(({ head, tail, columns }) => {
      const relation = columns?.['relation'];
      return { head, tail, ...(typeof relation === 'string' && { relation }) };
    });
  }
  const data: DataFile = { file, text: await readText(file), onNotice };
  const first = linesOf(data)[0]?.text;
  if (first === undefined) throw new DataError(file, undefined, 'holds no pair');
  pairFileFormat(file);
  if (!holdsRelations(data)) return parsePairBytes(new TextEncoder().encode(data.text), { file, onNotice });
  if (!/"positives"\s*:/.test(first)) return parseLexicalRelations(data);
  return parseRelationSets(data).flatMap(({ relation, positives }) =>
    positives.map(({ head, tail }) => ({ head, tail, relation })),
  );
}
