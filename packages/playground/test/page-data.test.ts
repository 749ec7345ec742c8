import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { RelationEncoder } from 'relbert';
import { temporaryPath } from 'relbert/cli';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relbert, tinyModel } from '../../relbert/test/cli/command.ts';
import { HubServer } from '../../relbert/test/node/hub-server.ts';
import { checkPageData, hasPageData, makePageData, pageDataFiles } from '../src/page-data.ts';

describe('the folder of the data', () => {
  let folder: string;
  let encoder: RelationEncoder;
  const identity = {
    name: 'embedded',
    hash: 'a'.repeat(64),
    prompt: '<subj> <obj>',
    template: true,
    pooling: 'average',
  };
  const options = { count: 20, onProgress: () => {} };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'relbert-playground-'));
    encoder = await RelationEncoder.load('embedded', { worker: false });
  });
  afterAll(async () => {
    await encoder?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it('is not made where there is something else, which stays', async () => {
    const taken = join(folder, 'taken');
    await mkdir(taken);
    await writeFile(join(taken, 'thesis.txt'), 'mine');
    await expect(makePageData(taken, { encoder, identity }, options)).rejects.toThrow(
      `--data: ${taken} holds other files: name a new folder`,
    );
    expect(await readdir(taken)).toEqual(['thesis.txt']);
    expect(await readdir(folder)).toEqual(['taken']);
  });

  it('may be empty before, and is for the model that made it alone', async () => {
    const data = join(folder, 'data');
    await mkdir(data);
    await makePageData(data, { encoder, identity }, options);
    expect(hasPageData(data)).toBe(true);
    expect(await readdir(folder)).toEqual(['data', 'taken']);
    for (const count of [20, undefined]) await checkPageData(data, identity, count);
    await expect(checkPageData(data, { ...identity, name: 'another', hash: 'b'.repeat(64) }, 20)).rejects.toThrow(
      `${data}: made with embedded; another has other weights. Name another folder with --data, or delete this one`,
    );
  });

  it('is the same after two starts at a time, which clear what killed ones have left', async () => {
    const data = join(folder, 'twice');
    const ofKilled = temporaryPath(data).replace(`.${process.pid}-`, `.${2 ** 22 + 1}-`);
    const ofLiving = temporaryPath(data);
    for (const part of [ofKilled, ofLiving]) await mkdir(join(part, 'index'), { recursive: true });
    const makings = [1, 2].map(() => makePageData(data, { encoder, identity }, options));
    await Promise.all(makings);
    expect(hasPageData(data)).toBe(true);
    expect((await readdir(folder)).filter((name) => name.includes('twice'))).toEqual([basename(ofLiving), 'twice']);
    await rm(ofLiving, { recursive: true });
    const single = join(folder, 'single');
    await makePageData(single, { encoder, identity }, options);
    expect((await readdir(data)).sort()).toEqual([...pageDataFiles].sort());
    for (const name of pageDataFiles) {
      expect((await readFile(join(data, name))).equals(await readFile(join(single, name))), name).toBe(true);
    }
    await rm(single, { recursive: true });

    await makePageData(data, { encoder, identity }, options);
    await expect(makePageData(data, { encoder, identity }, { ...options, count: 21 })).rejects.toThrow(
      `${data}: holds 20 pairs, not 21. Leave --pairs out to show these`,
    );
    await rm(data, { recursive: true });
  });

  it('is refused where another number of pairs is asked for, and taken where none is', async () => {
    const [data, site] = [join(folder, 'numbered'), join(folder, 'numbered-site')];
    const run = (...pairs: string[]) => relbert(['playground', ...pairs, '--data', data, '--output', site]);
    expect((await run('--pairs', '16')).code).toBe(0);
    const other = await run('--pairs', '50000');
    expect(other.code).toBe(1);
    expect(other.stderr).toContain(
      `${data}: holds 16 pairs, not 50000. Leave --pairs out to show these, name another folder with --data, or delete this one`,
    );
    expect((await run()).code).toBe(0);
    for (const path of [data, site]) await rm(path, { recursive: true });
  });

  it('is made of a model of the hub, which is asked for once, and with HF_HUB_OFFLINE never', async () => {
    const hub = await new HubServer().start();
    for (const name of ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']) {
      hub.files.set(name, await readFile(join(tinyModel, name)));
    }
    const [home, data, site] = [join(folder, 'hub'), join(folder, 'of-hub'), join(folder, 'of-hub-site')];
    const args = ['playground', '--model', 'org/model', '--pairs', '16', '--data', data, '--output', site];
    const env = { HF_HOME: home, HF_HUB_CACHE: undefined, HF_ENDPOINT: hub.endpoint };
    try {
      expect((await relbert(args, { env: { ...env, HF_HUB_OFFLINE: '0' } })).code).toBe(0);
      expect(hub.log.filter((line) => line.startsWith('GET /api/'))).toHaveLength(1);
      hub.reset();
      expect((await relbert(args, { env: { ...env, HF_HUB_OFFLINE: '1' } })).code).toBe(0);
      expect(hub.log).toEqual([]);
    } finally {
      await hub.stop();
      for (const path of [home, data, site]) await rm(path, { recursive: true });
    }
  });

  it('is found again with a slash at its end', async () => {
    const [data, site] = [join(folder, 'by-command'), join(folder, 'site')];
    const args = ['playground', '--pairs', '16', '--data', `${data}/`, '--output', site];
    for (const run of ['made', 'found']) expect((await relbert(args)).code, run).toBe(0);
    // model.json is so short that it depends on the name of this folder whether it is worth compressing.
    const written = (await readdir(join(site, 'data'))).filter((name) => name !== 'model.json.gz');
    expect(written).toEqual(['map.tsv', 'map.tsv.gz', 'model.json', 'vectors.bin']);
    const map = await readFile(join(site, 'data', 'map.tsv'));
    expect(gunzipSync(await readFile(join(site, 'data', 'map.tsv.gz')))).toEqual(map);
    expect((await readdir(folder)).sort()).toEqual(['by-command', 'data', 'site', 'taken']);
  });

  it('has more pairs than a point of the map has neighbours', async () => {
    const { code, stderr } = await relbert(['playground', '--pairs', '15']);
    expect(code).toBe(2);
    expect(stderr).toContain('Expected a whole number from 16 upward.');
  });
});
