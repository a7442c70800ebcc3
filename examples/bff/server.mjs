import express from 'express';
import { createGateway } from 'express-tributary';
import { listen, onExit } from '../support/listen.mjs';
import { createConfig } from './gateway.mjs';
import { services } from './services.mjs';

await Promise.all(services.map((service) => service.start()));

const app = express();
const gateway = createGateway(createConfig());
app.use('/shop', gateway);

const { server, url } = await listen(app);
console.log(`The shop's gateway listens at ${url}/shop. Try:

  curl -i ${url}/shop/products/tea
  curl -i -H 'authorization: Bearer ada' ${url}/shop/me
  curl -i ${url}/shop/media/img/cup.svg
`);

onExit(async () => {
  server.close();
  await gateway.close({ timeout: 1000 });
  await Promise.all(services.map((service) => service.stop()));
  server.closeIdleConnections();
});
