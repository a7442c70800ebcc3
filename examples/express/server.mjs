import express from 'express';
import { createGateway } from 'express-tributary';
import { listen, onExit } from '../support/listen.mjs';
import { orders, recommendations, users } from './backends.mjs';
import { createConfig } from './gateway.mjs';

const services = [users, orders, recommendations];
await Promise.all(services.map((service) => service.start()));

const app = express();
const gateway = createGateway(createConfig());
app.use('/api', gateway);

// Not part of a gateway: lets you take a backend down and bring it back.
for (const service of services) {
  app.post(`/demo/stop/${service.name}`, async (_request, response) => {
    await service.stop();
    response.send(`${service.name} is down\n`);
  });
  app.post(`/demo/start/${service.name}`, async (_request, response) => {
    await service.start();
    response.send(`${service.name} is up\n`);
  });
}

const { server, url } = await listen(app);

console.log(`The gateway listens at ${url}/api. Try:

  curl -i ${url}/api/users/1
  curl -i '${url}/api/users/1/orders?status=open'
  curl -i -X POST -H 'content-type: application/json' -d '{"user":1,"sku":"tea"}' ${url}/api/orders

Then take one of the three backends down: the first answer still comes, partial, with X-Krakend-Completed: false.

  curl -X POST ${url}/demo/stop/recommendations
  curl -X POST ${url}/demo/start/recommendations
`);

onExit(async () => {
  server.close();
  await gateway.close({ timeout: 1000 });
  await Promise.all(services.map((service) => service.stop()));
  server.closeIdleConnections();
});
