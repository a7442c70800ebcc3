import { once } from 'node:events';
import { createServer } from 'node:http';
import express from 'express';
import createGateway, { createGateway as named } from 'express-tributary';
import { createTestGateway } from 'express-tributary/testing';

const endpoints = [{ endpoint: '/both', backend: [{ url_pattern: '/a' }, { url_pattern: '/b' }] }];
const backend = createServer((request, response) => response.end(JSON.stringify({ [request.url.slice(1)]: 1 })));
await once(backend.listen(0, '127.0.0.1'), 'listening');

const gateway = createGateway({ host: [`http://127.0.0.1:${backend.address().port}`], endpoints });
const server = express().use('/api', gateway).listen(0, '127.0.0.1');
await once(server, 'listening');
const answer = await fetch(`http://127.0.0.1:${server.address().port}/api/both`);

const testGateway = createTestGateway({ host: ['http://b'], endpoints }, { backends: { 'b/*': { stub: true } } });
const tested = await testGateway.call({ url: '/both' });

console.log(JSON.stringify({ same: createGateway === named, served: await answer.json(), tested: tested.body }));
server.close();
server.closeAllConnections();
await gateway.close();
backend.close();
