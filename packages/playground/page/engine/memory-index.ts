/** An index that is fetched whole: a search then reads memory, and needs no network. */
import type { IndexFile, IndexFolder } from 'relbert';

/** @param onProgress Bytes that arrived, of a file of this size where the server says it. */
export function fetchedIndex(url: string, onProgress: (loaded: number, size: number | undefined) => void): IndexFolder {
  return {
    origin: url,
    async open(name) {
      const response = await fetch(`${url}/${name}`);
      if (response.status === 404) return undefined;
      if (!response.ok) throw new Error(`${name} of the index: the server answers ${response.status}`);
      return memoryFile(await readAll(response, onProgress));
    },
  };
}

async function readAll(
  response: Response,
  onProgress: (loaded: number, size: number | undefined) => void,
): Promise<Uint8Array> {
  const size = Number(response.headers.get('content-length')) || undefined;
  let loaded = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      loaded += chunk.byteLength;
      onProgress(loaded, size);
      controller.enqueue(chunk);
    },
  });
  return new Uint8Array(await new Response(response.body?.pipeThrough(counter)).arrayBuffer());
}

function memoryFile(bytes: Uint8Array): IndexFile {
  return {
    size: bytes.byteLength,
    read(start, end, target) {
      const part = bytes.subarray(start, end);
      target?.set(part);
      return target ?? part;
    },
    async close() {},
  };
}
