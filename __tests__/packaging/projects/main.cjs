const { once } = require('node:events');
const { createServer } = require('node:http');
const express = require('express');
const { createGateway, default: byDefault } = require('express-tributary');
const { createTestGateway } = require('express-tributary/testing');

async function main() {
  const endpoints = [{ endpoint: '/both', backend: [{ url_pattern: '/a' }, { url_pattern: '/b' }] }];
  const backend = createServer((request, response) => response.end(JSON.stringify({ [request.url.slice(1)]: 1 })));
  await once(backend.listen(0, '127.0.0.1'), 'listening');

  const gateway = createGateway({ host: [`http://127.0.0.1:${backend.address().port}`], endpoints });
  const server = express().use('/api', gateway).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/api/both`);

  const testGateway = createTestGateway({ host: ['http://b'], endpoints }, { backends: { 'b/*': { stub: true } } });
  const tested = await testGateway.call({ url: '/both' });

  console.log(JSON.stringify({ same: createGateway === byDefault, served: await answer.json(), tested: tested.body }));
  server.close();
  server.closeAllConnections();
  await gateway.close();
  backend.close();
}

main();
