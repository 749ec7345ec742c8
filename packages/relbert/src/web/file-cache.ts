import { eventLoopTurn } from '../runtime/event-loop.ts';

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
      await (await opened)?.put(url, new Response(inPieces(bytes), { headers })).catch(() => {});
    },
  };
}

/** Piece by piece, as a store copies what it is given in one task: 100 ms of a page for the weights of a small model. */
function inPieces(bytes: Uint8Array): ReadableStream<Uint8Array> {
  const piece = 1 << 20;
  let start = 0;
  return new ReadableStream({
    async pull(controller) {
      if (start > 0) await eventLoopTurn();
      controller.enqueue(bytes.slice(start, start + piece));
      start += piece;
      if (start >= bytes.byteLength) controller.close();
    },
  });
}

async function openStore(name: string): Promise<Cache | undefined> {
  try {
    return await caches.open(name);
  } catch {
    return undefined;
  }
}
