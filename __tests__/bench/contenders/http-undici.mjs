// The floor: no framework at all. Its one route is a prefix.
import { MOUNT } from '../cases.mjs';
import { prefixOf } from './by-hand.mjs';
import { createAnswer } from './undici.mjs';

export function create(measured, origins) {
  const answer = createAnswer(measured, origins);
  const prefix = MOUNT + prefixOf(measured.route);

  return function serve({ url }, response) {
    if (url.startsWith(prefix)) answer(url.slice(prefix.length), response);
    else response.writeHead(404).end();
  };
}
