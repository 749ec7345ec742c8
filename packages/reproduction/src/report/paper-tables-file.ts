/** The paper's tables that this package carries, as a file. */
import { readText } from 'relbert/cli';
import { type PaperTables, parsePaperTables } from './paper-tables.ts';

// The same path from src/report and, built, from dist/report.
const file = new URL('../../data/paper-tables.json', import.meta.url);

/** The tables of `data/paper-tables.json`. @throws FileError where the file cannot be read */
export async function readPaperTables(): Promise<PaperTables> {
  return parsePaperTables(await readText(decodeURIComponent(file.pathname)));
}
