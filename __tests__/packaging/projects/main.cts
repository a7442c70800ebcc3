import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import express = require('express');
import tributary = require('express-tributary');
import testing = require('express-tributary/testing');

async function main(): Promise<void> {
  const backend = createServer((request, response) =>
    response.end(JSON.stringify({ [String(request.url).slice(1)]: 1 })),
  );
  await once(backend.listen(0, '127.0.0.1'), 'listening');
  const { port } = backend.address() as AddressInfo;

  const config = tributary.defineConfig({
    host: [`http://127.0.0.1:${port}`],
    endpoints: [{ endpoint: '/both', backend: [{ url_pattern: '/a' }, { url_pattern: '/b' }] }],
  });
  const gateway: tributary.Gateway = tributary.createGateway(config);
  const server: Server = express().use('/api', gateway).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/both`);

  const testGateway = testing.createTestGateway(config, { backends: { [`127.0.0.1:${port}/*`]: { stub: true } } });
  const tested = await testGateway.call({ url: '/both' });

  const same = tributary.createGateway === tributary.default;
  console.log(JSON.stringify({ same, served: await answer.json(), tested: tested.body }));
  server.close();
  server.closeAllConnections();
  await gateway.close();
  backend.close();
}

main();
