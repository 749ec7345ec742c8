/** The text of a file that is named on the command line, or of standard input. */
import type { DataFile } from '../text/data-error.ts';
import type { Terminal } from './terminal.ts';

/** @param file `-`: standard input. */
export async function readInputText(file: string, terminal: Terminal): Promise<DataFile> {
  if (file !== '-') {
    const { readText } = await import('../node/read-file.ts');
    return { file, text: await readText(file, { signal: terminal.signal }) };
  }
  const { decodeText } = await import('../text/lines.ts');
  const chunks: Uint8Array[] = [];
  for await (const chunk of terminal.readInput()) chunks.push(chunk);
  return { file: 'standard input', text: decodeText('standard input', Buffer.concat(chunks)) };
}
