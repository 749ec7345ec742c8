import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { parsePostgresAddress } from '../../src/node/postgres/address.ts';
import { connectPool } from '../../src/node/postgres/connection.ts';

/** Messages of PostgreSQL's protocol: the password is not asked for, and queries are welcome. */
const welcome = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);

it.each([
  ['ends the connection', (socket: Socket) => socket.end()],
  ['resets it', (socket: Socket) => socket.resetAndDestroy()],
])('a server that %s in the middle of a query fails the query, and nothing else', async (_, lose) => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(welcome);
      socket.on('data', () => lose(socket));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const pool = await connectPool(parsePostgresAddress(`postgres://me@127.0.0.1:${port}/words`), 1);
  const client = await pool.connect();
  // An error event without a listener would end this process.
  await expect(client.query('select 1')).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 20));
  client.release(true);
  await pool.end();
  server.close();
});
