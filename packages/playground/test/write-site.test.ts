import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { relbert } from '../../relbert/test/cli/command.ts';
import type { SitePart } from '../src/site.ts';
import { checkSiteFolder, writeSite } from '../src/write-site.ts';

describe('the site as a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'relbert-site-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const content = async (path: string): Promise<string> => readFile(join(folder, path), 'utf8').catch(() => '');

  /** @param onRead Called before a file gives its bytes. */
  function partsOf(
    version: string,
    code: string,
    onRead: (name: string) => Promise<void> = async () => {},
  ): SitePart[] {
    const file = (name: string, text: string): [string, () => Promise<Uint8Array>] => [
      name,
      async () => {
        await onRead(name);
        return new TextEncoder().encode(text);
      },
    ];
    return [
      {
        prefix: '',
        version,
        files: new Map([file('service-worker.js', 'code'), file('index.html', version), file('main.js', code)]),
      },
      { prefix: 'model/', version, files: new Map([file('config.json', version)]) },
    ];
  }
  const long = '// the same\n'.repeat(1000);

  it('replaces a site file by file, the service worker last', async () => {
    expect(await writeSite(folder, partsOf('v1', long))).toBe(4);
    expect(gunzipSync(await readFile(join(folder, 'main.js.gz'))).toString()).toBe(long);
    const seen: Record<string, string[]> = {};
    const onRead = async (name: string): Promise<void> => {
      const worker = (await content('service-worker.js')).includes('"v2"') ? 'v2' : 'v1';
      seen[name] = [worker, await content('index.html'), await content('main.js'), await content('model/config.json')];
    };
    await checkSiteFolder(folder);
    await writeSite(folder, partsOf('v2', 'short', onRead));
    expect(seen['index.html']).toEqual(['v1', 'v1', 'short', 'v2']);
    expect(seen['service-worker.js']).toEqual(['v1', 'v2', 'short', 'v2']);
    // main.js.gz of the first site has gone, and no temporary file is left.
    const names = ['index.html', 'main.js', 'model', 'model/config.json', 'service-worker.js', 'service-worker.js.gz'];
    expect((await readdir(folder, { recursive: true })).sort()).toEqual(names);
  });

  it('leaves the service worker of the earlier site where the writing ends early', async () => {
    await writeSite(folder, partsOf('v1', long));
    const before = await content('service-worker.js');
    const stopped = new AbortController();
    const onRead = async (name: string): Promise<void> => {
      if (name === 'index.html') stopped.abort(new Error('stopped'));
    };
    await expect(writeSite(folder, partsOf('v2', long, onRead), stopped)).rejects.toThrow('stopped');
    expect(await content('service-worker.js')).toBe(before);
    expect(await content('index.html')).toBe('v1');
  });

  it('refuses a folder with other files before anything is computed, and takes an empty or a new one', async () => {
    await checkSiteFolder(folder);
    await checkSiteFolder(join(folder, 'new'));
    await writeFile(join(folder, 'index.html'), 'mine');
    const refused = await relbert(['playground', '--output', folder]);
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain(`--output: ${folder} holds files, but no whole site that could be replaced`);
    await writeFile(join(folder, 'service-worker.js'), 'mine, too');
    await expect(checkSiteFolder(folder)).rejects.toThrow('name a new or an empty folder');
    await expect(checkSiteFolder(join(folder, 'index.html'))).rejects.toThrow('is not a folder: name a folder');
    expect(await content('index.html')).toBe('mine');
  });
});
