// Gateways with one driver, one after another, whose broker is not there: the process has to live through requests, ready() and close(), and for a while
// after that. What its SDK throws where nothing waits for it would end this process with another exit code.
import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { createGateway } from 'express-tributary';

const settings = JSON.parse(process.argv[2]);
const results = [];
for (const { config, env } of settings) {
  for (const name of settings.flatMap((setting) => Object.keys(setting.env))) delete process.env[name];
  Object.assign(process.env, env);
  results.push(await run(config));
}
console.log(JSON.stringify(results));
await setTimeout(2_000);
process.exit();

async function run(config) {
  const gateway = createGateway(config, { statuses: 'http', errors: 'json' });
  const server = createServer(gateway);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;

  async function call({ endpoint, method = 'GET' }) {
    const response = await fetch(origin + endpoint, { method, body: method === 'POST' ? '{}' : undefined });
    return { endpoint, status: response.status, body: await response.json() };
  }

  const answers = await Promise.all(config.endpoints.map(call));
  const ready = await gateway.ready({ timeout: 1_000 }).then(
    () => 'ready',
    (error) => error.code,
  );
  await gateway.close({ timeout: 1_000 });
  server.close();
  server.closeAllConnections();
  return { answers, ready };
}
