// What the bytes take by themselves: two sockets, and whatever one of them reads is written to the other.
import { connect, createServer } from 'node:net';
import { MOUNT } from '../cases.mjs';

export function create({ calls: [{ origin }] }, origins) {
  const { hostname, port } = new URL(origins[origin]);
  return createServer({ noDelay: true }, function join(client) {
    const upstream = connect({ host: hostname, port: Number(port), noDelay: true });
    upstream.pipe(client);
    // A mount point is all that a request loses.
    client.on('data', (chunk) => upstream.write(chunk.latin1Slice().replace(MOUNT, ''), 'latin1'));
    client.on('close', () => upstream.destroy());
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
  });
}
