import express from 'express';
import { createGateway } from 'express-tributary';
import { listen, onExit } from './listen.mjs';

/** Starts the services, mounts a gateway at /api of an Express app, prints `lines(url)`, and cleans up at the end. */
export async function serve({ services, createConfig, options, lines }) {
  for (const service of services) await service.start();
  const gateway = createGateway(createConfig(), options);
  const { server, url } = await listen(express().use('/api', gateway));
  console.log(`The gateway listens at ${url}/api. Try:\n\n${lines(`${url}/api`)}\n`);

  onExit(async () => {
    server.close();
    await gateway.close({ timeout: 1000 });
    for (const service of services) await service.stop();
    server.closeIdleConnections();
  });
}
