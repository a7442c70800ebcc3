// The floor under Express 5.
import express from 'express';
import { MOUNT, routesOf } from '../cases.mjs';
import { expressRoute } from './by-hand.mjs';
import { createAnswer } from './undici.mjs';

export function create(measured, origins) {
  const answer = createAnswer(measured, origins);
  const app = express();
  const { before, route, after } = routesOf(measured);
  for (const path of [...before, route, ...after]) {
    app.get(MOUNT + expressRoute(path), (request, response) => answer(request.params.id, response));
  }
  return app;
}
