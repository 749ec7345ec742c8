/** A running site with a small index, for tests. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openModel, RelationEncoder } from 'relbert';
import { makePageData, type PageDataEvent } from '../src/page-data.ts';
import { type SiteServer, serveSite } from '../src/server.ts';
import { dataPart, type SitePart, siteFile, siteParts } from '../src/site.ts';

export interface TestSite extends AsyncDisposable {
  readonly url: string;
  readonly parts: readonly SitePart[];
  readonly events: readonly PageDataEvent[];
  read(path: string): Promise<Uint8Array | undefined>;
  /** Ends the server alone: the page is then without a network. */
  stop(): Promise<void>;
}

export async function openTestSite(pairs: number): Promise<TestSite> {
  execFileSync(process.execPath, [fileURLToPath(new URL('../bundle.mjs', import.meta.url))]);
  const folder = await mkdtemp(join(tmpdir(), 'relbert-playground-'));
  const parts = await siteParts(await openModel('embedded'), 'model-of-the-test');
  const events: PageDataEvent[] = [];
  {
    await using encoder = await RelationEncoder.load('embedded', { worker: false });
    const { text } = encoder.info.prompt;
    const identity = { name: 'embedded', prompt: text, template: true, pooling: encoder.info.pooling };
    const onProgress = (event: PageDataEvent) => events.push(event);
    await makePageData(join(folder, 'data'), { encoder, identity }, { count: pairs, onProgress });
  }
  parts.push(await dataPart(join(folder, 'data')));
  let server: SiteServer | undefined = await serveSite({
    ...{ host: '127.0.0.1', port: 0, parts: () => parts, preparing: () => undefined },
  });
  const stop = async (): Promise<void> => {
    await server?.[Symbol.asyncDispose]();
    server = undefined;
  };
  return {
    url: server.url,
    parts,
    events,
    read: async (path) => siteFile(parts, path)?.read(),
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
