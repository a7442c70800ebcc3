// By hand, as most people would: Express 5, axios with keep-alive agents, Promise.all, res.json.
import { Agent } from 'node:http';
import { pipeline } from 'node:stream';
import axios from 'axios';
import express from 'express';
import { MOUNT, routesOf } from '../cases.mjs';
import { expressRoute, pathMaker } from './by-hand.mjs';

export function create(measured, origins) {
  const { combine } = measured;
  const client = axios.create({ httpAgent: new Agent({ keepAlive: true }), timeout: 30_000 });
  const urls = measured.calls.map(({ origin, path }) => {
    const toPath = pathMaker(path);
    return (id) => origins[origin] + toPath(id);
  });

  async function aggregate(request, response) {
    const answers = await Promise.all(urls.map((url) => client.get(url(request.params.id))));
    response.json(combine(answers.map(({ data }) => data)));
  }

  async function passThrough(request, response) {
    const { status, headers, data } = await client.get(urls[0](request.params.id), { responseType: 'stream' });
    response
      .status(status)
      .set('content-type', headers['content-type'])
      .set('content-length', headers['content-length']);
    pipeline(data, response, () => {});
  }

  const app = express();
  const { before, route, after } = routesOf(measured);
  for (const path of [...before, route, ...after]) {
    app.get(MOUNT + expressRoute(path), combine ? aggregate : passThrough);
  }
  return app;
}
