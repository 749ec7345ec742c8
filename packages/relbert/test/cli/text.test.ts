import { Readable, Writable } from 'node:stream';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { formatOf, pairsPathOf } from '../../src/cli/embedding-format.ts';
import { jsonLine } from '../../src/cli/embedding-writer.ts';
import { predictionLine } from '../../src/cli/evaluate-analogy.ts';
import { describeError, isDefect } from '../../src/cli/exit.ts';
import { infoText } from '../../src/cli/info.ts';
import { duration, progressLine, RateMeter } from '../../src/cli/progress.ts';
import { tableText } from '../../src/cli/table.ts';
import { createTerminal } from '../../src/cli/terminal.ts';
import { visibleResult } from '../../src/text/visible.ts';

describe('progressLine', () => {
  const state = { label: 'encoding', unit: 'pairs', done: 1720, total: 4096, rate: 512, width: 80 };

  it('shows bar, share, rate and remaining time', () => {
    const line = progressLine(state);
    expect(line).toMatch(/^encoding ━+─+ {2}41 % 1,720\/4,096 pairs, 512\/s, 5 s left$/);
    expect(line.length).toBeLessThan(80);
    const bar = line.replace(/[^━─]/g, '');
    expect(bar.replaceAll('─', '').length / bar.length).toBeCloseTo(0.42, 1);
  });

  it('leaves out what is not known', () => {
    expect(progressLine({ ...state, total: undefined })).toBe('encoding 1,720 pairs, 512/s');
    expect(progressLine({ ...state, rate: undefined })).not.toContain('left');
    expect(progressLine({ ...state, done: 4096 })).not.toContain('left');
  });

  it('shows bytes as megabytes', () => {
    const line = progressLine({ label: 'x', unit: 'bytes', done: 5e6, total: 20e6, rate: 2.5e6, width: 100 });
    expect(line).toContain('25 % 5.0/20.0 MB, 2.5 MB/s, 6 s left');
  });

  it('is never longer than the terminal is wide', () => {
    for (const width of [1, 10, 20, 30, 40, 50, 60]) {
      expect(progressLine({ ...state, width }).length).toBeLessThanOrEqual(Math.max(width - 1, 1));
    }
  });
});

describe('duration', () => {
  it.each([
    [0, '0 s'],
    [59.4, '59 s'],
    [200, '3 min 20 s'],
    [7500, '2 h 5 min'],
  ])('%d seconds', (seconds, text) => expect(duration(seconds)).toBe(text));
});

describe('RateMeter', () => {
  it('looks back on its window only', () => {
    const meter = new RateMeter(1000);
    expect(meter.rate).toBeUndefined();
    meter.add(0, 0);
    expect(meter.rate).toBeUndefined();
    meter.add(10, 1000);
    expect(meter.rate).toBe(10);
    meter.add(110, 2000);
    meter.add(210, 3000);
    expect(meter.rate).toBe(100);
  });
});

describe('tableText', () => {
  it('aligns columns and leaves no white space at line ends', () => {
    const columns = [{ title: 'set' }, { title: 'accuracy', align: 'right' }] as const;
    const rows = [
      ['google', '9.5'],
      ['u2', '100.0'],
    ];
    expect(tableText(columns, rows, pc.createColors(false))).toBe(
      ['set     accuracy', 'google       9.5', 'u2         100.0'].join('\n'),
    );
  });
});

describe('infoText', () => {
  it('says what a model is', () => {
    const text = infoText(
      {
        origin: '/models/x',
        architecture: 'bert',
        layers: 2,
        hiddenSize: 24,
        device: 'cpu',
        vocabularySize: 30522,
        parameters: 22_713_216,
        prompt: { kind: 'template', text: '<subj> and <obj>' },
        pooling: 'difference',
        sharedWordDiscount: 0.1,
        dimension: 24,
        maxLength: 512,
        dtype: 'int8',
        storedDtype: 'F16',
        bytes: 45_400_000,
        runtime: 'node',
        promptFrom: 'checkpoint',
      },
      (label) => label.toUpperCase(),
    );
    expect(text).toContain('ORIGIN          /models/x\n');
    expect(text).toContain('bert, 2 layers of 24, vocabulary 30,522');
    expect(text).toContain('22,713,216 (22.7 M)');
    expect(text).toContain("<subj> and <obj>  [template, the checkpoint's own]");
    expect(text).toContain('int8 (stored as F16)');
    expect(text).toContain('45.4 MB');
  });
});

describe('output of embed', () => {
  it('takes the format from the ending', () => {
    expect(formatOf(undefined)).toBe('jsonl');
    expect(formatOf('a/b.NPY')).toBe('npy');
    expect(formatOf('x.vec')).toBe('word2vec');
    expect(formatOf('x.jsonl')).toBe('jsonl');
  });

  it('names the pairs file after the array', () => {
    expect(pairsPathOf('a/vectors.npy')).toBe('a/vectors.pairs.tsv');
    expect(pairsPathOf('a.b/vectors')).toBe('a.b/vectors.pairs.tsv');
  });

  it('writes JSON with the digits of float32', () => {
    const line = jsonLine({ head: 'a "b"', tail: 'é\n' }, Float32Array.from([0.1, -1, 1e-10]));
    expect(line).toBe('{"head":"a \\"b\\"","tail":"é\\n","embedding":[0.100000001,-1,1.00000001e-10]}');
    expect(JSON.parse(line).embedding.map(Math.fround)).toEqual([0.1, -1, 1e-10].map(Math.fround));
  });
});

describe('predictionLine', () => {
  it('has the fields in their order', () => {
    const words = (head: string, tail: string) => ({ head, tail });
    const question = {
      stem: words('a', 'b'),
      choices: [words('c', 'd'), words('e', 'f')],
      answer: 1,
      prefix: 'p',
      line: 9,
    };
    expect(
      predictionLine({
        set: 'u2',
        split: 'test',
        index: 3,
        question,
        scores: [0.5, 0.25],
        predicted: 0,
        correct: false,
      }),
    ).toBe(
      '{"set":"u2","split":"test","index":3,"stem":["a","b"],"choices":[["c","d"],["e","f"]],"scores":[0.5,0.25],"predicted":0,"answer":1,"correct":false}',
    );
  });
});

describe('errors', () => {
  it('of a mistake in relbert are told from those of a user, and not shown in the words of the engine', () => {
    const overflow = (): RangeError => {
      try {
        new Float32Array(1).set([1, 2]);
      } catch (error) {
        return error as RangeError;
      }
      throw new Error('no overflow');
    };
    for (const defect of [new TypeError('x is undefined'), overflow(), 'thrown text']) {
      expect(isDefect(defect)).toBe(true);
      expect(describeError(defect)).toMatch(/^relbert failed inside; please report this/);
    }
    expect(isDefect(new Error('no such folder'))).toBe(false);
    expect(describeError(new Error('no such folder'))).toBe('no such folder');
    expect(describeError(new RangeError('level must lie between 0 and 1'))).toBe('level must lie between 0 and 1');
    expect(describeError(new RangeError('Array buffer allocation failed'))).toContain('the memory is not enough');
  });

  it('are one line in which no control character reaches the terminal', () => {
    const written: string[] = [];
    const stream = new Writable({ write: (chunk: Buffer, _, done) => done(void written.push(chunk.toString())) });
    const terminal = createTerminal({
      ...{ stdin: Readable.from([]), stdout: stream, stderr: stream, env: {} },
      ...{ signal: new AbortController().signal, worker: false },
    });
    terminal.error('a.tsv:1: got "\x1b[31mred\x07":\n  first\n  second');
    terminal.warn('a\u009bb');
    expect(written).toEqual(['error: a.tsv:1: got "\\u001b[31mred\\u0007": first; second\n', 'warning: a\\u009bb\n']);
  });
});

describe('visibleResult', () => {
  it('keeps line ends, tabs and colours, and nothing else that steers a terminal', () => {
    expect(visibleResult('a\tb\n\x1b[1mbold\x1b[0m')).toBe('a\tb\n\x1b[1mbold\x1b[0m');
    expect(visibleResult('\x1b]0;title\x07 \x1b[2J \u009b2J')).toBe('\\u001b]0;title\\u0007 \\u001b[2J \\u009b2J');
  });
});
