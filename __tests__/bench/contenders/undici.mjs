// The floor: undici pools and plain writes, nothing checked, nothing limited.
import { pipeline } from 'node:stream';
import { Pool } from 'undici';
import { pathMaker } from './by-hand.mjs';

/** @returns {(id: string, response: import('node:http').ServerResponse) => Promise<void>} */
export function createAnswer({ calls, combine }, origins) {
  const pools = origins.map((origin) => new Pool(origin));
  const targets = calls.map(({ origin, path }) => ({ pool: pools[origin], toPath: pathMaker(path) }));

  async function fetchJson({ pool, toPath }, id) {
    const { body } = await pool.request({ path: toPath(id), method: 'GET' });
    return JSON.parse(await body.text());
  }

  async function aggregate(id, response) {
    const documents = await Promise.all(targets.map((target) => fetchJson(target, id)));
    const body = Buffer.from(JSON.stringify(combine(documents)));
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length });
    response.end(body);
  }

  async function passThrough(id, response) {
    const [{ pool, toPath }] = targets;
    const { statusCode, headers, body } = await pool.request({ path: toPath(id), method: 'GET' });
    response.writeHead(statusCode, {
      'content-type': headers['content-type'],
      'content-length': headers['content-length'],
    });
    pipeline(body, response, () => {});
  }

  return combine ? aggregate : passThrough;
}
