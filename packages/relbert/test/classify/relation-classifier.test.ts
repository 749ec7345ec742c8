import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RelationClassifier as BrowserClassifier } from '../../src/browser.ts';
import { OptionError } from '../../src/encoder/option-error.ts';
import { ClassifierError, type LabelledExample, RelationClassifier, RelationEncoder } from '../../src/index.ts';

const tiny = fileURLToPath(new URL('../fixtures/encoder/bert', import.meta.url));
const words = ['cat', 'dog', 'king', 'queen', 'ship', 'sea', 'bird', 'tree'];
/** The label is the tail: even random weights tell words apart. */
const examples = (count: number, heads = words): LabelledExample[] =>
  Array.from({ length: count }, (_, i) => {
    const tail = ['red', 'blue', 'green'][i % 3] as string;
    return { head: heads[Math.floor(i / 3) % heads.length] as string, tail, label: tail };
  });

describe('RelationClassifier', () => {
  const folder = mkdtempSync(join(tmpdir(), 'relbert-classifier-'));
  let encoder: RelationEncoder;
  beforeAll(async () => {
    encoder = await RelationEncoder.load(tiny, { worker: false, template: '<subj> <obj>', threads: 1 });
  });
  afterAll(async () => {
    await encoder.dispose();
    rmSync(folder, { recursive: true, force: true });
  });
  const fit = (method: 'mlp' | 'centroid' | 'lda' | 'auto', options = {}) =>
    RelationClassifier.fit(examples(24), { encoder, method, search: 'default', threads: 1, ...options });
  const asked = [
    { head: 'tree', tail: 'green' },
    { head: 'cat', tail: 'red' },
    { head: 'ship', tail: 'blue' },
  ];

  it.each(['mlp', 'centroid', 'lda'] as const)(
    'learns, is saved, and answers the same when loaded (%s)',
    async (method) => {
      await using fitted = await fit(method, { maxEpochs: 60 });
      const before = await fitted.predict(asked);
      expect(before.map(({ label }) => label)).toEqual(['green', 'red', 'blue']);
      await fitted.save(join(folder, method));
      expect(readdirSync(join(folder, method))).toEqual(['classifier.json', 'classifier.safetensors']);
      await using loaded = await RelationClassifier.load(join(folder, method), { encoder });
      expect(await loaded.predict(asked)).toEqual(before);
      expect(loaded.info).toEqual(JSON.parse(JSON.stringify(fitted.info)));
      expect(loaded.info.encoder).toMatchObject({ name: tiny, prompt: '<subj> <obj>', template: true });
      const { figures, temperature } = loaded.info;
      expect(figures.examples).toEqual({ red: 8, blue: 8, green: 8 });
      expect(figures.judgedOn).toBe(method === 'mlp' ? 'held-out' : 'cross-validation');
      expect(figures.calibration?.temperature).toBe(temperature);
    },
  );

  it('fits the fewest examples by lda, judged by none where a fold leaves none to learn from', async () => {
    const few = [0, 1, 3, 4].map((i) => examples(6)[i] as LabelledExample);
    await using fitted = await RelationClassifier.fit(few, { encoder, method: 'lda' });
    expect(fitted.info.figures).toMatchObject({ judgedOn: 'nothing' });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(RelationClassifier.fit(few, { encoder, method: 'lda', signal })).rejects.toThrow('enough');
  });

  it('opens the encoder it was fitted to, with its prompt', async () => {
    await using loaded = await RelationClassifier.load(join(folder, 'centroid'), { worker: false, threads: 1 });
    expect((await loaded.predict(asked)).map(({ label }) => label)).toEqual(['green', 'red', 'blue']);
  });

  it('is loaded in a browser over HTTP', async () => {
    const fetchFile = (async (url: string) => {
      const path = join(folder, 'mlp', url.slice('https://example.org/relations/'.length));
      return new Response(new Uint8Array(readFileSync(path)));
    }) as unknown as typeof fetch;
    const options = { encoder, fetch: fetchFile };
    await using loaded = await BrowserClassifier.load('https://example.org/relations', options);
    expect((await loaded.predict(asked)).map(({ label }) => label)).toEqual(['green', 'red', 'blue']);
    expect(await BrowserClassifier.describe('https://example.org/relations', options)).toEqual(loaded.info);
    await using fitted = await BrowserClassifier.fit(examples(24), { encoder, method: 'centroid' });
    expect((await fitted.predict(asked)).map(({ label }) => label)).toEqual(['green', 'red', 'blue']);
  });

  it('chooses by the number of examples', async () => {
    await using few = await fit('auto');
    expect(few.info.method).toBe('centroid');
    await using more = await RelationClassifier.fit(examples(48), { encoder, search: 'default', threads: 1 });
    expect(more.info.method).toBe('lda');
    await using many = await RelationClassifier.fit(examples(120), {
      encoder,
      search: 'default',
      threads: 1,
      maxEpochs: 2,
    });
    expect(many.info.method).toBe('mlp');
  });

  it('judges by the validation pairs it is given', async () => {
    const validation = examples(6, ['whale', 'rose']);
    await using fitted = await fit('lda', { validation });
    expect(fitted.info.figures).toMatchObject({ judgedOn: 'validation', calibration: { pairs: 6 } });
  });

  it('searches the grid on held-out pairs that also stand reversed with the inverse label', async () => {
    const twins = examples(24).flatMap(({ head, tail, label }) => [
      { head, tail, label },
      { head: tail, tail: head, label: `of ${label}` },
    ]);
    await using fitted = await RelationClassifier.fit(twins, { encoder, method: 'mlp', maxEpochs: 1, threads: 1 });
    expect(fitted.info.figures).toMatchObject({ judgedOn: 'chosen-on', calibration: { pairs: 6 } });
    expect(fitted.info.figures.search).toHaveLength(9);
  });

  it('refuses a grid that nothing is there to choose by, and lda without two different pairs of a label', async () => {
    const single = examples(3);
    const learn = (options: object) =>
      RelationClassifier.fit(single, { encoder, maxEpochs: 1, threads: 1, ...options });
    const grid = learn({ method: 'mlp', search: 'grid' });
    await expect(grid).rejects.toThrow(ClassifierError);
    await expect(grid).rejects.toThrow("give validation pairs, or take search 'default'");
    await using unasked = await learn({ method: 'mlp' });
    expect(unasked.info.figures).toMatchObject({ judgedOn: 'nothing', search: undefined });
    const lda = learn({ method: 'lda' });
    await expect(lda).rejects.toThrow(ClassifierError);
    await expect(lda).rejects.toThrow('lda needs a label with two different pairs: give more');
  });

  it('takes any text for a label', async () => {
    const names = ['constructor', '__proto__', 'green'];
    const named = examples(24).map((example, i) => ({ ...example, label: names[i % 3] as string }));
    for (const method of ['centroid', 'mlp'] as const) {
      await using fitted = await RelationClassifier.fit(named, { encoder, method, search: 'default', threads: 1 });
      await fitted.save(join(folder, 'names'));
      await using loaded = await RelationClassifier.load(join(folder, 'names'), { encoder });
      expect(loaded.info.labels).toEqual(['__proto__', 'constructor', 'green']);
      expect(Object.entries(loaded.info.figures.examples)).toEqual(names.map((name) => [name, 8]));
      expect((await loaded.predict(asked)).map(({ label }) => label)).toEqual(['green', 'constructor', '__proto__']);
    }
  });

  it.each([
    [{ other: 70 }, 'the threshold of other is a probability, 0 to 1; got 70'],
    [{ method: 'LDA' }, 'method must be one of auto, mlp, centroid, lda, got "LDA" (did you mean lda?)'],
    [{ search: 'Grid' }, 'search must be one of default, grid, got "Grid" (did you mean grid?)'],
    [{ maxEpoch: 3 }, "unknown option 'maxEpoch' (did you mean maxEpochs?)"],
    [{ maxEpochs: 0 }, 'maxEpochs must be a positive whole number, got 0'],
    [{ batchSize: 0 }, 'batchSize must be a positive whole number, got 0'],
    [{ threads: 0 }, 'threads must be a positive whole number, got 0'],
    [{ seed: 0.5 }, 'seed must be a whole number, got 0.5'],
    [{ alpha: -1 }, 'alpha must be a number from 0 upward, got -1'],
  ])('refuses %j before anything is encoded, in Node and in a browser', async (wrong, message) => {
    let encoded = 0;
    const options = { encoder, ...wrong, onProgress: () => encoded++ } as object as { encoder: RelationEncoder };
    for (const Classifier of [RelationClassifier, BrowserClassifier]) {
      const error: unknown = await Classifier.fit(examples(24), options).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(OptionError);
      expect((error as Error).message).toContain(message);
    }
    expect(encoded).toBe(0);
  });

  it('says that the settings of the MLP were chosen on the pairs that judge it', async () => {
    const figuresOf = async (options: object) => {
      await using fitted = await fit('mlp', { maxEpochs: 1, ...options });
      return fitted.info.figures;
    };
    const validation = examples(6, ['whale', 'rose']);
    for (const given of [{}, { validation }]) {
      const { judgedOn, scores, search } = await figuresOf({ search: 'grid', ...given });
      expect(judgedOn).toBe('chosen-on');
      expect(scores?.macroF1).toBe(Math.max(...(search ?? []).map(({ macroF1 }) => macroF1)));
    }
    expect((await figuresOf({})).judgedOn).toBe('held-out');
    expect((await figuresOf({ validation })).judgedOn).toBe('validation');
  });

  it('streams, in order, with probabilities that stand for labels', async () => {
    await using classifier = await fit('centroid', { other: 1 });
    async function* stream() {
      for (let i = 0; i < 25; i++) yield asked[i % 3] as (typeof asked)[number];
    }
    const found = [];
    for await (const prediction of classifier.predict(stream(), { other: 0, blockSize: 4 })) found.push(prediction);
    expect(found.map(({ label }) => label)).toEqual(Array.from({ length: 25 }, (_, i) => asked[i % 3]?.tail));
    expect(found.every(({ probability }) => probability > 1 / 3 && probability < 1)).toBe(true);
    // The threshold kept with the classifier: nothing is certain.
    const [other] = await classifier.predict(asked.slice(0, 1));
    expect(other).toEqual({ ...asked[0], label: 'other', probability: found[0]?.probability });
    await expect(classifier.predict(asked, { other: 2 })).rejects.toThrow(
      new OptionError('the threshold of other is a probability, 0 to 1; got 2'),
    );
    const stop = new AbortController();
    const seen: unknown[] = [];
    const stopped = async () => {
      for await (const prediction of classifier.predict(stream(), { blockSize: 4, signal: stop.signal })) {
        seen.push(prediction);
        stop.abort(new Error('enough'));
      }
    };
    await expect(stopped()).rejects.toThrow('enough');
    expect(seen).toHaveLength(4);
  });

  it('refuses another encoder', async () => {
    const load = (other: RelationEncoder) => RelationClassifier.load(join(folder, 'lda'), { encoder: other });
    await using prompt = await RelationEncoder.load(tiny, { worker: false, template: '<subj> is <obj>' });
    await expect(load(prompt)).rejects.toThrow('has another prompt');
    await using pooling = await RelationEncoder.load(tiny, { worker: false, template: '<subj> <obj>', pooling: 'cls' });
    await expect(load(pooling)).rejects.toThrow('has another pooling, cls');
    const changed = join(folder, 'changed');
    cpSync(tiny, changed, { recursive: true });
    const weights = readFileSync(join(changed, 'model.safetensors'));
    // The last number of the file, and many before it: other weights of the same shapes.
    for (let at = weights.length - 40_000; at < weights.length; at += 4) weights.writeFloatLE(0.01, at);
    writeFileSync(join(changed, 'model.safetensors'), weights);
    await using other = await RelationEncoder.load(changed, { worker: false, template: '<subj> <obj>' });
    await expect(load(other)).rejects.toThrow('has other weights');
  });

  it('refuses damaged files', async () => {
    const damaged = async (name: string, change: (content: Buffer) => Buffer | string) => {
      const copy = join(folder, 'damaged');
      cpSync(join(folder, 'lda'), copy, { recursive: true });
      writeFileSync(join(copy, name), change(readFileSync(join(copy, name))));
      const error: unknown = await RelationClassifier.load(copy, { encoder }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ClassifierError);
      return (error as Error).message;
    };
    const text = (from: string, to: string) => (content: Buffer) => content.toString().replace(from, to);
    expect(await damaged('classifier.json', text('"red"', '"rot"'))).toContain('its checksum does not fit');
    expect(await damaged('classifier.json', text('"version": 1', '"version": 9'))).toContain('version 9');
    expect(await damaged('classifier.json', text('relbert-classifier', 'x'))).toContain('not a classifier of relbert');
    expect(await damaged('classifier.json', (content) => content.subarray(0, 50))).toContain('not JSON');
    const flipped = (content: Buffer) => {
      content[content.length - 3] = (content.at(-3) as number) ^ 1;
      return content;
    };
    expect(await damaged('classifier.safetensors', flipped)).toContain('damaged, or of another classifier');
    await expect(RelationClassifier.load(join(folder, 'none'), { encoder })).rejects.toThrow('there is no such file');
  });

  it('refuses what cannot be learnt from', async () => {
    const learn = (list: readonly LabelledExample[], options = {}) =>
      RelationClassifier.fit(list, { encoder, ...options });
    await expect(learn([])).rejects.toThrow('there are no examples');
    await expect(learn([{ head: 'a', tail: 'b', label: 'x' }])).rejects.toThrow('all examples are labelled "x"');
    await expect(learn([{ head: 'a', tail: 'b', label: '' }])).rejects.toThrow('has the label ""');
    await expect(learn([{ head: 'a', tail: 'b' } as LabelledExample])).rejects.toThrow('has the label nothing');
    await expect(learn([['a', 'b'] as unknown as LabelledExample])).rejects.toThrow('has the label nothing');
    const validation = [{ head: 'a', tail: 'b', label: 'pink' }];
    await expect(learn(examples(6), { validation })).rejects.toThrow(
      '["a","b"] has the label "pink", which no example has',
    );
  });
});
