// Everybody who takes part. A contender makes the listener of a server for a case, or a server of its own.
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {'gateway' | 'by hand' | 'peer' | 'alone'} kind `alone` does a part of the work only: less is not to be had
 * @property {string} title
 * @property {() => Promise<{ create: Create }>} load
 */

/** @typedef {import('node:http').RequestListener | import('node:net').Server} Listener */

/**
 * @callback Create
 * @param {import('../cases.mjs').Case} measured
 * @param {string[]} origins
 * @param {string} library where the compiled gateway is, for those that are one
 * @returns {Listener | Promise<Listener>}
 */

/**
 * The same in a server that is made with `serverOptions`.
 *
 * @param {Contender} contender
 * @returns {Contender}
 */
function withOptions({ name, kind, title, load }) {
  return {
    name: `${name}-options`,
    kind,
    title: `${title}, serverOptions`,
    async load() {
      const { create } = await load();
      return {
        async create(measured, origins, library) {
          // No more of the gateway than this: what its modules take is not what others are to be charged with.
          const { serverOptions } = await import(pathToFileURL(`${library}/index.js`).href);
          const app = await create(measured, origins, library);
          return createServer(serverOptions(app), app);
        },
      };
    },
  };
}

/** @type {Contender[]} */
const AS_THEY_ARE = [
  ...['express5', 'express4', 'http'].map((host) => ({
    name: `tributary-${host}`,
    kind: /** @type {const} */ ('gateway'),
    title: `express-tributary, ${host === 'http' ? 'node:http' : host.replace('express', 'Express ')}`,
    load: async () => ({ create: (await import('./tributary.mjs')).creators[host] }),
  })),
  {
    name: 'express-axios',
    kind: 'by hand',
    title: 'Express 5 and axios',
    load: () => import('./express-axios.mjs'),
  },
  {
    name: 'express-undici',
    kind: 'by hand',
    title: 'Express 5 and undici',
    load: () => import('./express-undici.mjs'),
  },
  { name: 'http-undici', kind: 'by hand', title: 'node:http and undici', load: () => import('./http-undici.mjs') },
  {
    name: 'express-alone',
    kind: 'alone',
    title: 'Express 5 alone, no backend',
    load: () => import('./express-alone.mjs'),
  },
  { name: 'tcp-alone', kind: 'alone', title: 'TCP alone, no HTTP', load: () => import('./tcp-alone.mjs') },
  {
    name: 'http-proxy-middleware',
    kind: 'peer',
    title: 'http-proxy-middleware',
    load: () => import('./http-proxy-middleware.mjs'),
  },
  {
    name: 'express-http-proxy',
    kind: 'peer',
    title: 'express-http-proxy',
    load: () => import('./express-http-proxy.mjs'),
  },
  { name: 'fast-proxy', kind: 'peer', title: 'fast-proxy', load: () => import('./fast-proxy.mjs') },
  { name: 'httpxy', kind: 'peer', title: 'httpxy', load: () => import('./httpxy.mjs') },
];

const WITH_OPTIONS = ['tributary-express5', 'express-undici', 'express-alone', 'fast-proxy'];

/** @type {Contender[]} */
export const CONTENDERS = AS_THEY_ARE.flatMap((contender) =>
  WITH_OPTIONS.includes(contender.name) ? [contender, withOptions(contender)] : [contender],
);

/** @param {string} name */
export async function findContender(name) {
  const found = CONTENDERS.find((contender) => contender.name === name);
  if (!found) throw new Error(`There is no contender ${name}.`);
  return found.load();
}
