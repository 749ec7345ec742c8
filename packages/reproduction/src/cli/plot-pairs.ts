/** Word pairs for a map, with their relations where the file has them. */

import { parseLexicalRelations } from 'relbert/internal/data/lexical-relation';
import { pairField, wordField } from 'relbert/internal/data/pair-field';
import { parseRelationSets } from 'relbert/internal/data/relation-set';
import { readText } from 'relbert/internal/node/read-file';
import { parsePairBytes } from 'relbert/internal/pair/pair-file';
import { DataError, type DataFile } from 'relbert/internal/text/data-error';
import { parseCommaSeparated } from 'relbert/internal/text/delimited';
import { jsonObject, linesOf } from 'relbert/internal/text/line';
import type { MappedPair } from '../plot/relation-map-plot.ts';

/**
 * Reads by ending: .tsv and .csv with head, tail and perhaps relation; .jsonl with a pair a line, `{"head","tail"}`
 * and perhaps `"relation"`, or with the relations that `relbert distill --data` takes.
 * @throws DataError or PairError naming file and line
 */
export async function readMappedPairs(file: string): Promise<MappedPair[]> {
  const data = { file, text: await readText(file) };
  const first = data.text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .find((line) => line.trim() !== '');
  if (first === undefined) throw new DataError(file, undefined, 'holds no pair');
  if (/\.jsonl$/i.test(file)) return jsonPairs(data, first);
  if (/\.csv$/i.test(file)) {
    const records = parseCommaSeparated(data);
    if (records[0]?.fields.length === 3) {
      return records.map(({ fields, line }) => {
        const [head = '', tail = '', relation = ''] = fields.map((field) => field.trim());
        if (fields.length !== 3 || head === '' || tail === '' || relation === '') {
          throw new DataError(file, line, `expected head, tail and relation, got ${JSON.stringify(fields)}`);
        }
        return { head, tail, relation };
      });
    }
  } else if (first.split('\t').length === 3) return parseLexicalRelations(data);
  return parsePairBytes(new TextEncoder().encode(data.text), { file });
}

function jsonPairs(data: DataFile, first: string): MappedPair[] {
  if (/"positives"\s*:/.test(first)) {
    return parseRelationSets(data).flatMap(({ relation, positives }) =>
      positives.map((pair) => ({ ...pair, relation })),
    );
  }
  if (!/"relation"\s*:/.test(first)) return parsePairBytes(new TextEncoder().encode(data.text), { file: data.file });
  return linesOf(data).map((line) => {
    const { head, tail, relation } = jsonObject(line);
    return { ...pairField(line, "'head' and 'tail'", [head, tail]), relation: wordField(line, "'relation'", relation) };
  });
}
