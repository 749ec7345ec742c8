/** A store of files by URL, for several visits. */
export interface FileCache {
  /** Undefined where it is not there, or has another tag. */
  get(url: string, tag?: string): Promise<Uint8Array | undefined>;
  /** A store that is full or denied loses it silently: nothing depends on it. */
  put(url: string, bytes: Uint8Array, tag?: string): Promise<void>;
}

const tagHeader = 'x-relbert-tag';

/**
 * A store of the Cache API. Where a page may not have one (storage is denied, or the page is not served over https or from
 * localhost) it keeps nothing.
 */
export function openFileCache(name: string | undefined): FileCache {
  const opened = name === undefined ? undefined : openStore(name);
  return {
    async get(url, tag) {
      const kept = await (await opened)?.match(url).catch(() => undefined);
      if (kept === undefined || (tag !== undefined && kept.headers.get(tagHeader) !== tag)) return undefined;
      return new Uint8Array(await kept.arrayBuffer());
    },
    async put(url, bytes, tag) {
      const headers = tag === undefined ? {} : { [tagHeader]: tag };
      await (await opened)?.put(url, new Response(bytes as BodyInit, { headers })).catch(() => {});
    },
  };
}

async function openStore(name: string): Promise<Cache | undefined> {
  try {
    return await caches.open(name);
  } catch {
    return undefined;
  }
}
