/** Word pairs for a map, with their relations where the file has them. */
import { DataError, type DataFile } from '../data/data-error.ts';
import { parseCommaSeparated } from '../data/delimited.ts';
import { parseLexicalRelations } from '../data/lexical-relation.ts';
import { jsonObject, linesOf } from '../data/line.ts';
import { pairField, wordField } from '../data/pair-field.ts';
import { parseRelationSets } from '../data/relation-set.ts';
import { parsePairBytes } from '../pair/pair-file.ts';
import type { MappedPair } from '../plot/relation-map-plot.ts';
import { readText } from '../runtime/read-file.ts';

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
