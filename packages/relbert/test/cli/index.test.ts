import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { RelationEncoder } from '../../src/encoder/relation-encoder.ts';
import { RelationIndex } from '../../src/index/relation-index.ts';
import { lockFolder } from '../../src/node/file-lock.ts';
import { webIndexFolder } from '../../src/web/index-folder.ts';
import { HubServer } from '../node/hub-server.ts';
import { relbert, tinyModel } from './command.ts';
import { failure } from './evaluation.ts';

const folder = mkdtempSync(join(tmpdir(), 'relbert-index-command-'));
afterAll(() => rmSync(folder, { recursive: true }));
const index = join(folder, 'index');
const pairs = join(folder, 'pairs.tsv');
const model = ['--model', tinyModel, '--template', '<subj> and <obj>', '--pooling', 'difference', '--threads', '1'];

interface Output {
  results: { query: object; neighbours: ({ head: string; tail: string; score: number } & Record<string, unknown>)[] }[];
}
/** What a command prints as JSON; a file with a header line is noted on standard error. */
async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await relbert([...args, '--json']);
  expect([code, stderr.replace(/^.*read as a header line.*\n/gm, '')]).toEqual([0, '']);
  return JSON.parse(stdout) as T;
}

const words = ({ results }: Output, q = 0): string[] =>
  (results[q]?.neighbours ?? []).map(({ head, tail }) => `${head}:${tail}`);

describe('relbert index', () => {
  beforeAll(async () => {
    writeFileSync(
      pairs,
      'head\ttail\trelation\nking\tqueen\tgender\nman\twoman\tgender\nhot\tcold\topposite\nbig\tsmall\topposite\nhot\tcold\topposite\n',
    );
    const built = await relbert(['index', 'build', index, '--pairs', pairs, ...model, '--json']);
    expect(built.stderr).toMatch(/pairs\.tsv:1: read as a header line/);
    expect(JSON.parse(built.stdout)).toEqual({ added: 4, repeated: 1, rows: 4 });
  });

  it('finds what relbert neighbours finds in the file, with the columns beside', async () => {
    const found = await json<Output>('index', 'search', 'hot:cold', '--index', index);
    const plain = await json<{ results: { queries: { neighbours: { pair: string[]; score: number }[] }[] }[] }>(
      ...['neighbours', 'hot:cold', '--among', pairs, ...model],
    );
    const expected = plain.results[0]?.queries[0]?.neighbours ?? [];
    expect(words(found)).toEqual(expected.map(({ pair }) => pair.join(':')));
    for (const [i, { score }] of (found.results[0]?.neighbours ?? []).entries()) {
      expect(score).toBeCloseTo(expected[i]?.score ?? 0, 3);
    }
    expect(found.results[0]?.query).toEqual({ head: 'hot', tail: 'cold' });
    expect(found.results[0]?.neighbours.find(({ head }) => head === 'big')?.['relation']).toBe('opposite');
  });

  it('asks by pairs that are not in it, by their mean, with counter-examples and conditions', async () => {
    const options = ['--index', index, '--top', '2'];
    const two = await json<Output>('index', 'search', 'hot:warm', 'a:b', '--distinct-words', ...options);
    expect(two.results).toHaveLength(2);
    expect(words(two)).not.toContain('hot:cold');
    const mean = await json<Output>('index', 'search', 'hot:cold', 'king:queen', '--mean', '--not', 'a:b', ...options);
    expect(mean.results).toHaveLength(1);
    expect(words(mean).sort()).toEqual(['big:small', 'man:woman']);
    const some = await json<Output>(...['index', 'search', 'hot:cold', '--where', 'relation = "gender"', ...options]);
    expect(words(some).sort()).toEqual(['king:queen', 'man:woman']);
    const text = (await relbert(['index', 'search', 'hot:cold', '--index', index])).stdout;
    expect(text).toMatch(/^ +hot:cold +cosine +relation$/m);
    expect(text).toMatch(/^2 +big:small +-?0\.\d{4} +opposite$/m);
  });

  it('reads as many lists as --probes says', async () => {
    const search = vi.spyOn(RelationIndex.prototype, 'search');
    onTestFinished(() => search.mockRestore());
    await json<Output>('index', 'search', 'hot:cold', '--index', index, '--probes', '7');
    expect(search).toHaveBeenCalledWith(expect.anything(), expect.objectContaining({ probes: 7 }));
  });

  it('refuses another model, and questions that cannot be', async () => {
    const other = ['--template', '<subj> is to <obj>', '--pooling', 'difference'];
    expect(await failure('index', 'search', 'a:b', '--index', index, ...other)).toContain(
      'has another prompt: vectors of two models cannot be compared',
    );
    expect(await failure('index', 'add', index, '--pairs', pairs, '--pooling', 'average')).toContain('another pooling');
    const where = (condition: string) => relbert(['index', 'search', 'a:b', '--index', index, '--where', condition]);
    expect(await where('source = "x"')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("there is no column 'source'"),
    });
    expect(await where('relation =')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--where: cannot read 'relation =' at the end"),
    });
    expect(await failure('index', 'search', 'a:b', '--index', join(folder, 'none'))).toContain(
      'there is no index here',
    );
    expect(await failure('index', 'build', index, '--pairs', pairs, ...model)).toContain('there is an index already');
    expect((await relbert(['index', 'search', '--index', index])).code).toBe(2);
  });

  it('grows, shrinks, is compacted, verified and described', async () => {
    const grown = join(folder, 'grown');
    await relbert(['index', 'build', grown, '--pairs', pairs, ...model]);
    const more = join(folder, 'more.jsonl');
    writeFileSync(
      more,
      '{"head":"sea","tail":"ship","relation":"place"}\n{"head":"king","tail":"queen","relation":"gender"}\n',
    );
    expect(await json('index', 'add', grown, '--pairs', more)).toEqual({ added: 1, repeated: 1, rows: 5 });
    const removed = await json('index', 'remove', grown, '--where', 'relation = "gender"');
    expect(removed).toEqual({ removed: 2, rows: 3 });
    expect(await json('index', 'compact', grown)).toEqual({ rows: 3 });
    expect(await json('index', 'verify', grown)).toEqual({ rows: 3 });
    expect(await json('index', 'info', grown)).toMatchObject({
      rows: 3,
      columns: ['relation'],
      dimension: 24,
    });
    expect((await relbert(['index', 'info', grown])).stdout).toMatch(/^size +[1-9]\d*\.\d kB$/m);
    expect(readdirSync(grown).filter((name) => !/^(manifest\.json|segment-\w+\.bin)$/.test(name))).toEqual([]);
  });

  it('takes the vectors of a file as they are', async () => {
    const vectors = join(folder, 'vectors.jsonl');
    expect((await relbert(['embed', '--pairs', pairs, ...model, '--output', vectors])).code).toBe(0);
    const built = join(folder, 'of-vectors');
    const encode = vi.spyOn(RelationEncoder.prototype, 'encodeStream');
    onTestFinished(() => encode.mockRestore());
    const { code, stderr, stdout } = await relbert(['index', 'build', built, '--pairs', vectors, ...model, '--json']);
    expect([code, stdout]).toEqual([0, '{"added":4,"repeated":1,"rows":4}\n']);
    expect(stderr).toContain('vectors.jsonl holds vectors, which are taken as they are: they must be of this model');
    expect(encode).not.toHaveBeenCalled();
    expect(await json('index', 'info', built)).toMatchObject({ columns: ['relation'] });
    const ask = ['index', 'search', 'hot:cold', '--index'] as const;
    expect((await json<Output>(...ask, built)).results).toEqual((await json<Output>(...ask, index)).results);
    const short = join(folder, 'short.jsonl');
    writeFileSync(short, '{"head":"a","tail":"b","embedding":[1,2]}\n');
    expect(await failure('index', 'add', built, '--pairs', short)).toContain(
      'the vectors have 2 dimensions, the index',
    );
  });

  it('does not replace the manifest of something else', async () => {
    const page = join(folder, 'page');
    mkdirSync(page);
    writeFileSync(join(page, 'manifest.json'), '{"name":"A web app"}');
    for (const overwrite of [[], ['--overwrite']]) {
      expect(await failure('index', 'build', page, '--pairs', pairs, ...overwrite, ...model)).toContain(
        'page: its manifest.json is not that of an index of relbert, and would be replaced: name another folder',
      );
    }
    expect(readFileSync(join(page, 'manifest.json'), 'utf8')).toBe('{"name":"A web app"}');
    // A damaged index may be replaced.
    writeFileSync(join(page, 'manifest.json'), '{\n  "format": "relbert-index", "ver');
    expect((await relbert(['index', 'build', page, '--pairs', pairs, '--overwrite', ...model])).code).toBe(0);
  });

  it('says in one line what is wrong with an index', async () => {
    const broken = join(folder, 'broken');
    const ask = ['index', 'search', 'hot:cold', '--index', broken] as const;
    expect(await failure(...ask)).toContain('there is no index here');
    await relbert(['index', 'build', broken, '--pairs', pairs, ...model]);
    expect(await failure('index', 'build', broken, '--pairs', pairs, ...model)).toContain('--overwrite');
    const lock = await lockFolder(broken);
    expect(await failure('index', 'add', broken, '--pairs', pairs)).toContain('is writing into this folder');
    expect(await failure('index', 'remove', broken, '--where', 'head = "hot"')).toContain(
      'is writing into this folder',
    );
    expect((await json<Output>(...ask)).results[0]?.neighbours).toHaveLength(3); // readers need no lock
    await lock.release();
    const segment = join(broken, readdirSync(broken).find((name) => name.startsWith('segment')) as string);
    truncateSync(segment, statSync(segment).size - 1);
    expect(await failure(...ask)).toMatch(/segment-1\.bin: the file is cut/);
    rmSync(segment);
    expect(await failure(...ask)).toMatch(/segment-1\.bin: the segment is missing/);
    expect(await failure('index', 'verify', broken)).toContain('the segment is missing');
    expect(await failure('mine', '--seeds', pairs, '--among', broken)).toContain('the segment is missing');
  });

  it('refuses ids that occur twice, and asks for more pairs than there are', async () => {
    const twice = join(folder, 'twice.jsonl');
    writeFileSync(twice, '{"head":"a","tail":"b","id":1}\n{"head":"c","tail":"d","id":1}\n');
    expect(await failure('index', 'build', join(folder, 'twice'), '--pairs', twice, ...model)).toContain(
      'row 2, ["c","d"]: the id 1 is taken by row 1; ids must differ',
    );
    expect(existsSync(join(folder, 'twice'))).toBe(false);
    const found = await json<Output>('index', 'search', 'hot:cold', '--index', index, '--top', '50');
    expect(words(found)).toHaveLength(3);
    expect(await failure('index', 'search', '--vector', '[1,2]', '--index', index)).toContain(
      'question 1 has 2 dimensions',
    );
    const vector = ['index', 'search', '--vector', '[1,2]', '--index', index] as const;
    for (const option of [['--not', 'a:b'], ['--mean'], ['--distinct-words'], ['--template', 'b']]) {
      const { code, stderr } = await relbert([...vector, ...option]);
      expect([code, stderr]).toEqual([2, expect.stringContaining(`${option[0]} goes with pairs, not with --vector`)]);
    }
  });

  it('makes an index without pairs of an empty file, which others are added to', async () => {
    const [none, empty] = [join(folder, 'none.tsv'), join(folder, 'empty')];
    writeFileSync(none, '');
    const built = await relbert(['index', 'build', empty, '--pairs', none, ...model]);
    expect([built.code, built.stdout]).toEqual([0, `0 pairs added; ${empty} has 0 pairs\n`]);
    expect(await json<Output>('index', 'search', 'hot:cold', '--index', empty)).toEqual({
      results: [{ query: { head: 'hot', tail: 'cold' }, neighbours: [] }],
    });
    const { stdout } = await relbert(['index', 'search', 'hot:cold', '--index', empty]);
    expect(stdout).toBe('hot:cold: the index holds no pair\n');
    expect(await json('index', 'add', empty, '--pairs', pairs)).toMatchObject({ added: 4, rows: 4 });
  });

  it('asks the hub for a model once, and with the offline switch of the environment never', async () => {
    const hub = await new HubServer().start();
    for (const name of ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']) {
      hub.files.set(name, readFileSync(join(tinyModel, name)));
    }
    const env = { HF_HOME: join(folder, 'hub'), HF_HUB_CACHE: undefined, HF_ENDPOINT: hub.endpoint };
    const switches = { HF_HUB_OFFLINE: undefined, TRANSFORMERS_OFFLINE: undefined };
    const place = join(folder, 'of-hub');
    const build = ['index', 'build', place, '--pairs', pairs, ...model, '--model', 'org/model'];
    const listings = () => hub.log.filter((line) => line.startsWith('GET /api/')).length;
    try {
      expect((await relbert(build, { env: { ...env, ...switches } })).code).toBe(0);
      expect(listings()).toBe(1);
      for (const name of Object.keys(switches)) {
        hub.reset();
        const offline = { env: { ...env, ...switches, [name]: '1' } };
        expect((await relbert([...build, '--overwrite'], offline)).code).toBe(0);
        expect((await relbert(['index', 'search', 'a:b', '--index', place], offline)).code).toBe(0);
        expect(hub.log).toEqual([]);
      }
    } finally {
      await hub.stop();
    }
  });

  it('is searched over HTTP by range requests', async () => {
    const server = createServer((request, response) => {
      const file = join(index, decodeURIComponent((request.url ?? '').slice(1)));
      if (!existsSync(file)) return response.writeHead(404).end();
      const { size } = statSync(file);
      const [, start, end] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
      if (request.method === 'HEAD') return response.writeHead(200, { 'content-length': size }).end();
      if (start === undefined) return createReadStream(file).pipe(response);
      response.writeHead(206, { 'content-length': Number(end) - Number(start) + 1 });
      return createReadStream(file, { start: Number(start), end: Number(end) }).pipe(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
    try {
      await using opened = await RelationIndex.open(webIndexFolder(url));
      const vector = await opened.vectorOf({ head: 'hot', tail: 'cold' });
      const [found] = await opened.search([{ vector: vector as Float32Array }], { top: 1 });
      expect(found?.[0]?.pair).toMatchObject({ head: 'hot', tail: 'cold' });
      await expect(RelationIndex.open(webIndexFolder(`${url}nowhere`))).rejects.toThrow('there is no index here');
    } finally {
      server.close();
    }
    await expect(RelationIndex.open(webIndexFolder(url))).rejects.toThrow('cannot be reached');
  });
});
