/** `relbert playground`: serves the page, or writes it as a folder of static files. */
import {
  afterLoading,
  command,
  type Flags,
  flag,
  identityOf,
  loadEncoder,
  type NumberRange,
  number,
  portNumber,
  StageProgress,
  type Terminal,
  text,
  withDefault,
} from 'relbert/cli';
import type { PageDataEvent } from '../page-data.ts';

/** UMAP lays out more points than each has neighbours. */
const pairsRange: NumberRange = {
  expected: 'a whole number from 16 upward',
  holds: (value) => Number.isSafeInteger(value) && value > 15,
};

/** Pairs that are embedded where nobody says how many: some minutes of work. */
const usualPairs = 50_000;

const options = {
  port: withDefault(number('<number>', 'port of the server; 0 for any that is free', portNumber), 8017),
  host: withDefault(text('<name>', 'address to listen on; 0.0.0.0 lets other machines in'), '127.0.0.1'),
  output: text('<dir>', 'write the page as static files for any web server, and end'),
  model: withDefault(text('<model>', 'folder, hub id, id@revision, or "embedded"'), 'embedded'),
  pairs: number(
    '<number>',
    `pairs that Neighbours and Map show (default: those in --data, else ${usualPairs})`,
    pairsRange,
  ),
  data: text('<dir>', 'where these pairs with their vectors are kept (default: in the cache of the user)'),
  offline: flag('use the cache only, ask no server (as HF_HUB_OFFLINE=1 does)'),
};
type PlaygroundFlags = Flags<typeof options>;

export const playground = command({
  name: 'playground',
  summary: 'a web page to explore word relations, for the class room and for yourself',
  description:
    'Serves a web page with analogies, neighbours, a map of relations, relation mapping and a word game. The model ' +
    'runs in the browser of the visitor. The first start embeds the pairs that Neighbours and Map show, which takes ' +
    'some minutes; the rest of the page works meanwhile.',
  options,
  examples: ['relbert playground', 'relbert playground --port 9000', 'relbert playground --output site'],
  run: (_, flags, terminal) => runPlayground(flags, terminal),
});

async function runPlayground(flags: PlaygroundFlags, terminal: Terminal): Promise<void> {
  if (flags.output !== undefined) {
    const { checkSiteFolder } = await import('../write-site.ts');
    // Before the minutes that the pairs take.
    await checkSiteFolder(flags.output);
  }
  const { dataPart, siteParts } = await import('../site.ts');
  const { checkPageData, hasPageData } = await import('../page-data.ts');
  await using encoder = await loadEncoder(flags, terminal, { worker: true });
  const identity = await identityOf(encoder, flags, terminal);
  const { openModel } = await import('relbert');
  const { pairs = usualPairs } = flags;
  const parts = await siteParts(await openModel(flags.model, afterLoading(terminal)), identity.hash ?? '');
  const { resolve } = await import('node:path');
  const folder = resolve(flags.data ?? (await cacheFolder(`${identity.hash?.slice(0, 12)}-${pairs}-int8`, terminal)));
  const prepare = async (onProgress: (event: PageDataEvent) => void): Promise<void> => {
    if (hasPageData(folder)) await checkPageData(folder, identity, flags.pairs);
    else await makeData(folder, { encoder, identity }, pairs, terminal, onProgress);
    parts.push(await dataPart(folder));
  };
  if (flags.output !== undefined) {
    await prepare(() => {});
    const { writeSite } = await import('../write-site.ts');
    const files = await writeSite(flags.output, parts, { signal: terminal.signal });
    return terminal.print(`${flags.output}: ${files} files; put the folder on any web server`);
  }
  const { serveSite } = await import('../server.ts');
  let state: object | undefined;
  const { host, port } = flags;
  await using server = await serveSite({ host, port, parts: () => parts, preparing: () => state });
  await terminal.print(server.url);
  terminal.note('Ctrl-C ends it');
  if (!hasPageData(folder)) terminal.note(`embedding ${pairs} pairs for Neighbours and Map; kept in ${folder}`);
  state = { kind: 'pairs', done: 0, total: pairs };
  await prepare((event) => {
    state = event;
  });
  state = undefined;
  await new Promise((resolve) => terminal.signal.addEventListener('abort', resolve, { once: true }));
}

async function makeData(
  folder: string,
  model: Parameters<typeof import('../page-data.ts')['makePageData']>[1],
  count: number,
  terminal: Terminal,
  onProgress: (event: PageDataEvent) => void,
): Promise<void> {
  const { makePageData } = await import('../page-data.ts');
  await using bar = new StageProgress<PageDataEvent>(
    { pairs: ['embedding', 'pairs'], neighbours: ['neighbours', 'pairs'], layout: ['map', 'passes'] },
    terminal,
  );
  await makePageData(folder, model, {
    count,
    signal: terminal.signal,
    onProgress(event) {
      onProgress(event);
      bar.show(event);
    },
  });
}

/** In `$XDG_CACHE_HOME` or `~/.cache`, a folder for each model and number of pairs. */
async function cacheFolder(name: string, { env }: Terminal): Promise<string> {
  const { homedir } = await import('node:os');
  const { join } = await import('node:path');
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'relbert', 'playground', name);
}
