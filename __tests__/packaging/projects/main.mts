import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import createGateway, {
  defineConfig,
  type Gateway,
  type GatewayOptions,
  createGateway as named,
} from 'express-tributary';
import { createTestGateway } from 'express-tributary/testing';

const backend = createServer((request, response) =>
  response.end(JSON.stringify({ [String(request.url).slice(1)]: 1 })),
);
await once(backend.listen(0, '127.0.0.1'), 'listening');
const { port } = backend.address() as AddressInfo;

const config = defineConfig({
  host: [`http://127.0.0.1:${port}`],
  endpoints: [{ endpoint: '/both', backend: [{ url_pattern: '/a' }, { url_pattern: '/b' }] }],
});
// @ts-expect-error: a misspelt option is red in the editor
defineConfig({ endpoints: [{ endpoint: '/x', backend: [{ url_patern: '/a' }] }] });

const options = { statuses: 'http' } satisfies GatewayOptions;
const gateway: Gateway = createGateway(config, options);
const server = express().use('/api', gateway).listen(0, '127.0.0.1');
await once(server, 'listening');
const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/both`);

const testGateway = createTestGateway(config, { backends: { [`127.0.0.1:${port}/*`]: { stub: true } } });
const tested = await testGateway.call({ url: '/both' });

console.log(JSON.stringify({ same: createGateway === named, served: await answer.json(), tested: tested.body }));
server.close();
server.closeAllConnections();
await gateway.close();
backend.close();
