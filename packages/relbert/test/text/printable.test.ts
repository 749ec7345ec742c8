import { expect, it } from 'vitest';
import { printable } from '../../src/text/printable.ts';

it('leaves text alone and writes what a terminal would obey as its code', () => {
  const text = 'Zürich\t東京 \u{1F600}\nشكرا';
  expect(printable(text)).toBe(text);
  expect(printable('\x1b[2Jgone\x07\r\x9b1m\u202etxet')).toBe('\\x1b[2Jgone\\x07\\x0d\\x9b1m\\u202etxet');
});
