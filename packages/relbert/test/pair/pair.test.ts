import { describe, expect, test } from 'vitest';
import { PairError } from '../../src/pair/pair-error.ts';
import { type PairFileFormat, pairFileFormat, parsePairBytes, parsePairFile } from '../../src/pair/pair-file.ts';
import { deduplicatePairs, pairKey } from '../../src/pair/pair-key.ts';
import { parsePair } from '../../src/pair/parse-pair.ts';
import { toWordPair, type WordPair } from '../../src/pair/word-pair.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string, format: PairFileFormat): WordPair[] => parsePairBytes(bytes(text), { file: 'p', format });
async function collect(pairs: AsyncIterable<WordPair>): Promise<WordPair[]> {
  const all: WordPair[] = [];
  for await (const one of pairs) all.push(one);
  return all;
}
const pair = (head: string, tail: string): WordPair => ({ head, tail });

describe('parsePair', () => {
  test('reads head:tail', () => {
    expect(parsePair('Tokyo:Japan')).toEqual(pair('Tokyo', 'Japan'));
    expect(parsePair(' New York : United States ')).toEqual(pair('New York', 'United States'));
    expect(parsePair('日本:🗾')).toEqual(pair('日本', '🗾'));
  });

  test('takes words such as Infinity for text: a number that is too large is a JSON number', () => {
    const table = parse('head\ttail\tnote\na\tb\tInfinity\nc\td\t1e999\n', 'tsv');
    expect(table.map(({ columns }) => columns)).toEqual([{ note: 'Infinity' }, { note: '1e999' }]);
    expect(parsePair('{"head":"a","tail":"b","note":"-Infinity"}').columns).toEqual({ note: '-Infinity' });
    expect(() => parsePair('{"head":"a","tail":"b","note":1e999}')).toThrow('the number of "note" is too large');
  });

  test.each([
    ['{"id":1234567890123456789}', 'id'],
    ['{"id":-9007199254740993}', 'id'],
    ['{"id":{"parts":[1,12345678901234567]}}', 'id'],
  ])('refuses a whole number of more digits than are kept: %s', (columns, name) => {
    const text = `{"head":"a","tail":"b",${columns.slice(1)}`;
    const message = `the number of "${name}" has more digits than can be kept: write it as a string`;
    expect(() => parsePair(text)).toThrow(message);
    expect(() => parse(`["a","b"]\n${text}\n`, 'jsonl')).toThrow(`p:2: ${message}`);
  });

  test('takes a line with tabs that starts with a bracket for a row, if it is not JSON', () => {
    expect(parse('head\ttail\tid\n[x\ty\t1\n', 'mixed')).toEqual([{ head: '[x', tail: 'y', columns: { id: '1' } }]);
    expect(parse('["a",\t"b"]\n', 'mixed')).toEqual([pair('a', 'b')]);
    expect(() => parse('{"head":"a",\t"tail":"b","id":1e999}\n', 'mixed')).toThrow('p:1: the number of "id"');
  });

  test('says how to write a word with a bracket before a colon', () => {
    const hint = /not JSON \(.*\); a word that starts with \[ or \{ must be written as JSON$/;
    expect(() => parsePair('[x:y')).toThrow(hint);
    expect(() => parse('[x:y\n', 'mixed')).toThrow(hint);
    expect(() => parse('["a"\n', 'jsonl')).toThrow(/not JSON \(.*\)$/);
  });

  test('looks for numbers that are too large within lists and objects', () => {
    expect(() => parsePair('{"head":"a","tail":"b","x":[1e999]}')).toThrow('the number of "x" is too large');
    expect(() => parsePair('{"head":"a","tail":"b","x":{"y":[-1e999]}}')).toThrow('the number of "x" is too large');
    const kept = { x: [9007199254740991, 0.1, null], y: { z: -5e-324 }, id: '1234567890123456789' };
    expect(parsePair(JSON.stringify({ head: 'a', tail: 'b', ...kept })).columns).toEqual(kept);
  });

  test('reads JSON, where words may hold a colon', () => {
    expect(parsePair('["3:00","clock"]')).toEqual(pair('3:00', 'clock'));
    expect(parsePair(' {"head":"a:b","tail":"c","relation":1}')).toEqual({
      head: 'a:b',
      tail: 'c',
      columns: { relation: 1 },
    });
  });

  test.each([
    ['word', /"word" is not a pair: expected head:tail/],
    ['a:b:c', /more than one ':'.*JSON/],
    [':tail', /the head word is blank/],
    ['a:\u200b', /the tail word is blank \(of invisible characters\)/],
    ['head: ', /the tail word is blank/],
    ['', /is not a pair/],
    ['["a"]', /expected two words, got one/],
    ['["a","b","c"]', /expected two words, got 3/],
    ['["a",1]', /the tail should be a string, got 1/],
    ['{"head":"a"}', /there is no "tail"/],
    ['{"head":"a","tail":null}', /the tail should be a string, got null/],
    ['["a","b"', /not JSON/],
    ['["", "b"]', /the head word is blank/],
  ])('refuses %s', (text, message) => {
    expect(() => parsePair(text)).toThrow(PairError);
    expect(() => parsePair(text)).toThrow(message);
  });
});

describe('toWordPair', () => {
  test('takes both forms, words as they stand', () => {
    expect(toWordPair(['Tokyo', 'Japan'])).toEqual(pair('Tokyo', 'Japan'));
    expect(toWordPair(pair(' New York', 'a\u200bb'))).toEqual(pair(' New York', 'a\u200bb'));
  });

  test.each([
    ['an empty word', ['a', ''], 'the tail word is blank in ["a",""] at index 7'],
    ['spaces', { head: ' \t', tail: 'b' }, 'the head word is blank in [" \\t","b"] at index 7'],
    ['a zero-width space', ['a', '\u200b'], 'the tail word is blank (of invisible characters)'],
    ['invisible characters', ['\u00ad\u2060 \u0000\u3164', 'b'], 'the head word is blank (of invisible characters)'],
  ])('refuses %s', (_, value, message) => {
    const call = () => toWordPair(value as [string, string], 7);
    expect(call).toThrow(PairError);
    expect(call).toThrow(message);
  });

  test.each<[unknown, string]>([
    [['Tokyo'], '["Tokyo"]'],
    [['a', 'b', 'c'], '["a","b","c"]'],
    [[1, 2], '[1,2]'],
    [[1n, 2n], '1,2'],
    ['Tokyo:Japan', '"Tokyo:Japan"'],
    [{ head: 'a' }, '{"head":"a"}'],
    [{ head: 'a', tail: null }, '{"head":"a","tail":null}'],
    [null, 'null'],
    [undefined, 'nothing'],
  ])('refuses %o, naming it', (value, shown) => {
    const call = () => toWordPair(value as WordPair, 7);
    expect(call).toThrow(PairError);
    expect(call).toThrow(
      `expected a word pair, ["head", "tail"] or { head, tail } with two strings, got ${shown} at index 7`,
    );
  });
});

describe('deduplicatePairs', () => {
  test('keeps the order of first occurrence and finds every row', () => {
    const pairs = [pair('a', 'b'), pair('b', 'a'), pair('a', 'b'), pair('c', ''), pair('a', 'b')];
    const { distinct, rows } = deduplicatePairs(pairs);
    expect(distinct).toEqual([pair('a', 'b'), pair('b', 'a'), pair('c', '')]);
    expect([...rows]).toEqual([0, 1, 0, 2, 0]);
    expect(deduplicatePairs([])).toEqual({ distinct: [], rows: new Int32Array(0) });
  });

  test('does not take pairs for equal whose joined words are', () => {
    const pairs = [
      pair('a__b', 'c'),
      pair('a', 'b__c'),
      pair('a_', '_b__c'),
      pair('1:a', 'b'),
      pair('1', ':ab'),
      pair('', 'a'),
      pair('a', ''),
    ];
    expect(deduplicatePairs(pairs).distinct).toHaveLength(pairs.length);
    expect(new Set(pairs.map(pairKey)).size).toBe(pairs.length);
    expect(pairKey(pair('a', 'b'))).toBe(pairKey(toWordPair(['a', 'b'])));
  });
});

describe('pairFileFormat', () => {
  test('goes by the ending', () => {
    expect(pairFileFormat('x/pairs.tsv')).toBe('tsv');
    expect(pairFileFormat('PAIRS.CSV')).toBe('csv');
    expect(pairFileFormat('a.b.jsonl')).toBe('jsonl');
    expect(pairFileFormat('-')).toBe('mixed');
    expect(pairFileFormat('pairs.txt')).toBe('mixed');
    expect(() => pairFileFormat('pairs.doc')).toThrow(
      /pairs\.doc: a pairs file ends in \.tsv, \.csv, \.jsonl or \.txt/,
    );
    expect(() => pairFileFormat('dir.tsv/pairs')).toThrow(PairError);
  });
});

describe('pairs files', () => {
  test('tab-separated: byte order mark, CRLF, blank lines, spaces in words, no line end at the end', () => {
    expect(parse('\uFEFFTokyo\tJapan\r\n\r\nNew York \t USA\n\nx:y\tz', 'tsv')).toEqual([
      pair('Tokyo', 'Japan'),
      pair('New York', 'USA'),
      pair('x:y', 'z'),
    ]);
  });

  test('comma-separated as in RFC 4180', () => {
    expect(parse('a,b\r\n"x, y","say ""hi"""\n"two\nlines",c\n', 'csv')).toEqual([
      pair('a', 'b'),
      pair('x, y', 'say "hi"'),
      pair('two\nlines', 'c'),
    ]);
  });

  test('JSON lines, arrays and objects', () => {
    expect(parse('["a","b"]\n\n{"head":"c\\td","tail":"e"}\n', 'jsonl')).toEqual([pair('a', 'b'), pair('c\td', 'e')]);
  });

  test('standard input and .txt mix JSON, tabs and head:tail', () => {
    expect(parsePairBytes(bytes('Tokyo:Japan\n New York : USA\nx:y\tz\n'), { file: 'pairs.txt' })).toEqual([
      pair('Tokyo', 'Japan'),
      pair('New York', 'USA'),
      pair('x:y', 'z'),
    ]);
    expect(parse('["a","b"]\nc\td\n{"head":"e","tail":"f"}\n[x]\ty\n', 'mixed')).toEqual([
      pair('a', 'b'),
      pair('c', 'd'),
      pair('e', 'f'),
      pair('[x]', 'y'),
    ]);
    expect(() => parse('[x\n', 'mixed')).toThrow(/^p:1: not JSON/);
  });

  test.each<[PairFileFormat, string, RegExp]>([
    ['tsv', 'a\tb\nword\n', /^p:2: expected two words, got one: write a tab between them$/],
    ['tsv', 'a\tb\n\na\tb\tc\n', /^p:3: expected two words, got 3; further columns need a header line/],
    ['tsv', 'a\t\n', /^p:1: the tail word is blank in \["a",""\]$/],
    ['csv', 'a,b\nword\n', /^p:2: expected two words, got one: write a comma between them$/],
    ['csv', 'a,b\n"c\nd",e,f\n', /^p:2: expected two words, got 3; /],
    ['csv', 'a,b\nx"y,z\n', /^p:2: a quotation mark stands within a field/],
    ['csv', 'a,b\n"x"y,z\n', /^p:2: a quotation mark stands within a field/],
    ['csv', 'a,b\n"x,y\nz,w', /^p:2: a quotation mark is not closed$/],
    ['jsonl', '["a","b"]\n["a"]\n', /^p:2: expected two words, got one$/],
    ['jsonl', '["a","b"]\na\tb\n', /^p:2: not JSON/],
    ['jsonl', '3\n', /^p:1: expected \["head","tail"\] or \{"head","tail"\}, got 3$/],
    ['mixed', 'a\tb\nword\n', /^p:2: expected two words, got one: write a tab or a colon between them$/],
  ])('%s %j: names the line', (format, text, message) => {
    expect(() => parse(text, format)).toThrow(message);
  });

  test('invalid UTF-8 names its line, wherever the file is cut', async () => {
    const all = new Uint8Array([...bytes('a\tb\nç\td\n'), 0x65, 0xff, 0x09, 0x66, 0x0a]);
    for (let cut = 0; cut <= all.length; cut++) {
      await expect(
        collect(parsePairFile([all.subarray(0, cut), all.subarray(cut)], { file: 'x.tsv' })),
      ).rejects.toThrow('x.tsv:3: not valid UTF-8');
    }
  });

  test('gives the same pairs wherever the bytes are cut', async () => {
    const all = bytes('\uFEFF"日本","x\n""y"""\r\nNew York,🗾\n');
    const whole = [pair('日本', 'x\n"y"'), pair('New York', '🗾')];
    for (let cut = 0; cut <= all.length; cut++) {
      const pairs = await collect(parsePairFile([all.subarray(0, cut), all.subarray(cut)], { file: 'a.csv' }));
      expect(pairs).toEqual(whole);
    }
  });

  test.each<[PairFileFormat, string]>([
    ['csv', 'head,tail\nTokyo,Japan\n'],
    ['tsv', '\n Head \tTAIL\nTokyo\tJapan\n'],
    ['mixed', 'subject\tobject\nTokyo\tJapan\n'],
  ])('%s %j: the header line is not a pair', (format, text) => {
    const notices: string[] = [];
    const read = parsePairBytes(bytes(text), { file: 'p', format, onNotice: (notice) => notices.push(notice) });
    expect(read).toEqual([pair('Tokyo', 'Japan')]);
    expect(notices).toEqual([`p:${text.startsWith('\n') ? 2 : 1}: read as a header line, not as a pair`]);
  });

  test('the same words are a pair where they are not the first line', () => {
    expect(parse('neck\tbody\nhead\ttail\n', 'tsv')).toEqual([pair('neck', 'body'), pair('head', 'tail')]);
    for (const first of ['neck:body', '["neck","body"]']) {
      expect(parse(`${first}\nsource\ttarget\n`, 'mixed')).toEqual([pair('neck', 'body'), pair('source', 'target')]);
    }
  });

  test('further columns and members come along by name', () => {
    const tokyo = (columns: object) => [{ head: 'Tokyo', tail: 'Japan', columns }];
    expect(parse('id\thead\ttail\n7\tTokyo\tJapan\n', 'tsv')).toEqual(tokyo({ id: '7' }));
    // pandas writes its index under an empty name
    expect(parse(',tail,head,relation\n0,Japan,Tokyo,"capital, of"\n', 'csv')).toEqual(
      tokyo({ relation: 'capital, of' }),
    );
    expect(parse('{"head":"Tokyo","tail":"Japan","id":7,"tags":["a"]}', 'jsonl')).toEqual(
      tokyo({ id: 7, tags: ['a'] }),
    );
    expect(() => parse('head,tail,id\na,b,1\nc,d\n', 'csv')).toThrow(
      'p:3: expected 3 fields as in the header line, got 2',
    );
    const twice = (name: string) => `p:1: the name ${name} is given to two columns: rename or remove one`;
    expect(() => parse('head,tail,head\na,b,c\n', 'csv')).toThrow(twice('head'));
    expect(() => parse('word1\tword2\ttail\na\tb\tc\n', 'tsv')).toThrow(twice('tail'));
    expect(() => parse('head,tail,id,id\na,b,1,2\n', 'csv')).toThrow(twice('id'));
  });

  test('a quotation mark that nobody closes takes linear time', () => {
    const text = `a,b\n"c${',d\n'.repeat(400_000)}`;
    const start = performance.now();
    expect(() => parse(text, 'csv')).toThrow('p:2: a quotation mark is not closed');
    expect(performance.now() - start).toBeLessThan(5000); // quadratic: half an hour
  });

  test('a word of more than 10,000 characters is refused with its line', () => {
    const word = 'x'.repeat(4_000_000);
    for (const [format, line] of [
      ['tsv', `a\t${word}`],
      ['csv', `a,${word}`],
      ['jsonl', JSON.stringify(['a', word])],
    ] as const) {
      expect(() =>
        parse(`${format === 'jsonl' ? '["a","b"]' : format === 'csv' ? 'a,b' : 'a\tb'}\n${line}\n`, format),
      ).toThrow(/^p:2: the word "x{50,60}\.\.\. has 4000000 characters, at most 10000 are allowed$/);
    }
    expect(() => toWordPair([word, 'a'], 3)).toThrow(/has 4000000 characters.* at index 3$/);
    expect(parse(`a\t${'x'.repeat(10_000)}`, 'tsv')).toHaveLength(1);
  });

  test('an empty file has no pairs', () => {
    for (const format of ['tsv', 'csv', 'jsonl', 'mixed'] as const) {
      expect(parse('', format)).toEqual([]);
      expect(parse('\n \n', format)).toEqual([]);
    }
  });
});
