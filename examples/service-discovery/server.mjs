import express from 'express';
import { listen, onExit } from '../support/listen.mjs';
import { startDnsServer } from './dns-server.mjs';
import { createDiscoveringGateway } from './gateway.mjs';
import { records, startInstance, stopInstances } from './services.mjs';

await startInstance(3);
await startInstance(1);
const dns = await startDnsServer(records);

const app = express();
const gateway = createDiscoveringGateway(dns.address);
app.use('/api', gateway);

// Not part of a gateway: starts another instance, which the gateway finds by itself.
app.post('/demo/start', async (_request, response) => {
  response.send(`${await startInstance(4)} is up\n`);
});

const { server, url } = await listen(app);

console.log(`The gateway listens at ${url}/api. Repeat these, and see which instance answers:

  curl ${url}/api/by-dns
  curl ${url}/api/by-function

By DNS the first instance answers three times as often as the second. Start a third one; within a second it takes part:

  curl -X POST ${url}/demo/start
`);

onExit(async () => {
  server.close();
  await gateway.close({ timeout: 1000 });
  dns.stop();
  await stopInstances();
  server.closeIdleConnections();
});
