// Relation embeddings as a route of your own HTTP server: the routes of relbert-server below /relations.
import { createServer } from 'node:http';
import { createApp } from 'relbert-server';

const app = createApp({ log: 'silent', maxPairs: 1000 });
await app.loaded;

async function answer(request, response) {
  const url = new URL(request.url, 'http://localhost');
  if (!url.pathname.startsWith('/relations/')) return response.writeHead(404).end();
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { method, headers } = request;
  const body = chunks.length > 0 ? Buffer.concat(chunks) : undefined;
  url.pathname = url.pathname.slice('/relations'.length);
  const found = await app.fetch(new Request(url, { method, headers: new Headers(Object.entries(headers)), body }));
  response.writeHead(found.status, Object.fromEntries(found.headers));
  response.end(Buffer.from(await found.arrayBuffer()));
}

const server = createServer((request, response) => {
  // A request that is broken off or cannot be read must not end the server.
  answer(request, response).catch(() => (response.headersSent ? response.destroy() : response.writeHead(400).end()));
});
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/relations/v1/similarity`);
});

process.once('SIGTERM', async () => {
  server.close();
  await app.close();
});
