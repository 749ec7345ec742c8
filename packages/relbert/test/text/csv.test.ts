import { expect, it } from 'vitest';
import { csvRecords } from '../../src/text/csv.ts';
import { allLines } from '../../src/text/lines.ts';

const records = (text: string) =>
  csvRecords(allLines({ file: 'f', text })).map(({ fields, line }) => [line, ...fields]);

it('reads quoted fields, doubled quotes, line breaks in quotes, empty fields', () => {
  expect(records('\uFEFFa,"b,""c""",\r\n"two\r\n\r\nlines",d,e\n\n,\n"",x')).toEqual([
    [1, 'a', 'b,"c"', ''],
    [2, 'two\n\nlines', 'd', 'e'],
    [6, '', ''],
    [7, '', 'x'],
  ]);
});

it('names the line of a stray or open quotation mark', () => {
  expect(() => records('a,b\nx"y,z')).toThrow('f:2: a quotation mark stands within a field');
  expect(() => records('a,b\n"x"y,z')).toThrow('f:2: a quotation mark stands within a field');
  expect(() => records('a,b\n"x,y\nz,w\n')).toThrow('f:2: a quotation mark is not closed');
});
