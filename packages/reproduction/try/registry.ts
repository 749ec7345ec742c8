/**
 * @file A registry of npm packages with the tarballs of this checkout, so that an install is tested as a user types it.
 * Every other package is where npm finds it anyway: the registry answers with its address there.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

interface Manifest {
  readonly name: string;
  readonly version: string;
}

/** `package/package.json` of a tarball, as npm packs it: blocks of 512 bytes, a header before each file. */
function manifestOf(tarball: Buffer): Manifest {
  const tar = gunzipSync(tarball);
  for (let at = 0; at < tar.length; ) {
    const text = (start: number, length: number) =>
      tar.toString('utf8', at + start, at + start + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 12), 8) || 0;
    if (text(0, 100) === 'package/package.json')
      return JSON.parse(tar.toString('utf8', at + 512, at + 512 + size)) as Manifest;
    at += 512 * (1 + Math.ceil(size / 512));
  }
  throw new Error('the tarball has no package.json');
}

/** @param folder Of the tarballs. @param upstream The registry that has all other packages. */
export async function serveRegistry(folder: string, upstream: string): Promise<{ readonly url: string } & Disposable> {
  const tarballs = new Map(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))]));
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/').slice(1);
    const [, file = ''] = /\/-\/([^/]+)$/.exec(path) ?? [];
    const bytes = tarballs.get(file);
    if (bytes) return response.end(bytes);
    for (const [file, tarball] of tarballs) {
      const manifest = manifestOf(tarball);
      const { name, version } = manifest;
      if (name !== path) continue;
      const hash = (algorithm: string, encoding: 'hex' | 'base64') =>
        createHash(algorithm).update(tarball).digest(encoding);
      const dist = {
        tarball: `http://${request.headers.host}/${name}/-/${file}`,
        shasum: hash('sha1', 'hex'),
        integrity: `sha512-${hash('sha512', 'base64')}`,
      };
      const versions = { [version]: { ...manifest, dist } };
      response.setHeader('content-type', 'application/json');
      return response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions }));
    }
    return response.writeHead(307, { location: new URL(request.url ?? '/', upstream).href }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
