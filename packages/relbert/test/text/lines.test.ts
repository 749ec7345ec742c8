import { describe, expect, it } from 'vitest';
import { allLines, decodeLine, decodeText, LineCutter, lineGroups, linesOf } from '../../src/text/lines.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
function* pieces(all: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}
async function lines(all: Uint8Array, size: number): Promise<string[]> {
  const found: string[] = [];
  for await (const group of lineGroups(pieces(all, size), 'f')) {
    for (const line of group) {
      expect(line.number).toBe(found.length + 1);
      found.push(decodeLine('f', line).text);
    }
  }
  return found;
}

describe('lines', () => {
  it.each([
    ['', []],
    ['a', ['a']],
    ['a\nb\n', ['a', 'b']],
    ['a\r\nb\r\n', ['a', 'b']],
    ['a\rb\r', ['a', 'b']],
    ['\uFEFFa\n\n\uFEFFb', ['a', '', '\uFEFFb']],
    ['\r\n\r\n', ['', '']],
    ['\n\r\n\r', ['', '', '']],
    ['Zürich\t東京 \u{1F600}\r\nx', ['Zürich\t東京 \u{1F600}', 'x']],
  ])('%j is cut the same way in any pieces', async (text, expected) => {
    for (const size of [1, 2, 3, 7, 1000])
      expect(await lines(bytes(text), size), `pieces of ${size}`).toEqual(expected);
    expect(
      allLines({ file: 'f', text })
        .map((line) => line.text)
        .slice(0, expected.length),
    ).toEqual(expected);
  });

  it('not blank keep their numbers', () => {
    expect(linesOf({ file: 'f', text: '\n a\n\t\nb' }).map(({ number, text }) => [number, text])).toEqual([
      [2, ' a'],
      [4, 'b'],
    ]);
  });

  it('name the one that is not UTF-8', async () => {
    const bad = Uint8Array.of(...bytes('good\nbetter\n'), 0x62, 0xe9, 0x64, 0x0a, 0x78);
    await expect(lines(bad, 5)).rejects.toThrow('f:3: not valid UTF-8');
    expect(() => decodeText('f', bad)).toThrow('f:3: not valid UTF-8');
    // a character that the end of the file cuts off
    await expect(lines(Uint8Array.of(0x61, 0x0a, 0xe6, 0x9d), 5)).rejects.toThrow('f:2: not valid UTF-8');
  });

  it('of 64 MiB are cut in linear time, longer ones are refused', () => {
    const chunk = new Uint8Array(64 * 1024).fill(0x61);
    const cutter = new LineCutter('f');
    expect([...cutter.push(bytes('first\n'))]).toHaveLength(1);
    for (let i = 0; i < 1024; i++) expect([...cutter.push(chunk)]).toEqual([]);
    expect(() => [...cutter.push(chunk)]).toThrow('f:2: longer than 64 MiB; is this a text file?');
  });
});
