// What is measured: an endpoint as the gateway's configuration says it, and as somebody would write it by hand.
import { list, order, user } from './documents.mjs';
import { TOKEN } from './token.mjs';

/**
 * One backend of an endpoint; what is not listed here is the gateway's own `backend` configuration.
 *
 * @typedef {object} Call
 * @property {number} origin which of the backend servers
 * @property {string} path with `{id}` where the id goes
 * @property {object} document what it answers with
 * @property {object} [options] `group`, `target`, `allow` … of the gateway's configuration
 */

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {string} route the endpoint, with `{id}`
 * @property {Call[]} calls
 * @property {(documents: any[]) => object} [combine] the hand-written equivalent of the configuration; absent where the
 * one answer is passed on untouched
 * @property {number} [routes] endpoints in all; the measured one is in their middle
 * @property {'components' | 'unused' | 'jwt'} [extra] what else the gateway is given
 * @property {Record<string, string>} [headers] what its requests have besides
 * @property {string} [only] of the components, this one alone
 * @property {string} [reference] the case that the gateway also does in this one, to be compared with
 * @property {boolean} [hasPeers] whether reverse proxies can do it
 */

export const ID = '42';
export const MOUNT = '/api';

const profile = { origin: 0, path: '/users/{id}', document: user(42) };
const basket = { origin: 1, path: '/orders/{id}', document: { last_order: order(42), orders: 17 } };
const offers = {
  origin: 2,
  path: '/offers/{id}',
  document: { meta: { took: 3, engine: 'v2' }, data: { offers: [order(7), order(8)], valid: true } },
};

/** @param {any[]} documents */
function spread([first, second]) {
  return { ...first, ...second };
}

const aggregate2 = { route: '/profile/{id}', calls: [profile, basket], combine: spread };

/** @type {Case[]} */
export const CASES = [
  { name: 'proxy', route: '/users/{id}', calls: [profile], combine: ([document]) => document, hasPeers: true },
  { name: 'aggregate-2', ...aggregate2 },
  {
    name: 'aggregate-3',
    route: '/dashboard/{id}',
    calls: [
      profile,
      { ...basket, options: { group: 'basket' } },
      { ...offers, options: { target: 'data', group: 'offers' } },
    ],
    combine: ([first, second, third]) => ({ ...first, basket: second, offers: third.data }),
  },
  {
    name: 'manipulate',
    route: '/shop/{id}',
    calls: [
      {
        origin: 0,
        path: '/catalogue/{id}',
        document: { ...user(42), internal: { cost: 1 }, ...list('customers', 20_000, user) },
        options: { allow: ['name', 'address.city', 'plan.name', 'customers'], mapping: { customers: 'people' } },
      },
      {
        origin: 1,
        path: '/history/{id}',
        document: { secret: 'x', trace: { span: 1, host: 'h' }, ...list('orders', 20_000, order) },
        options: { deny: ['secret', 'trace.host'], group: 'history' },
      },
    ],
    combine([{ name, address, plan, customers }, { secret, trace, ...history }]) {
      const { host, ...span } = trace;
      return {
        name,
        address: { city: address.city },
        plan: { name: plan.name },
        people: customers,
        history: { ...history, trace: span },
      };
    },
  },
  {
    name: 'large',
    route: '/report/{id}',
    calls: [
      { origin: 0, path: '/customers/{id}', document: list('customers', 1_000_000, user) },
      { origin: 1, path: '/sales/{id}', document: list('sales', 1_000_000, order) },
    ],
    combine: spread,
  },
  {
    name: 'passthrough',
    route: '/export/{id}',
    calls: [{ origin: 0, path: '/export/{id}', document: list('export', 1_000_000, order) }],
    hasPeers: true,
  },
  { name: 'routes-1000', ...aggregate2, routes: 1000, reference: 'aggregate-2' },
  { name: 'full', ...aggregate2, extra: 'components', reference: 'aggregate-2' },
  { name: 'unused', ...aggregate2, extra: 'unused', reference: 'aggregate-2' },
  // The same token each time: but for the first request it is a remembered one.
  { name: 'jwt', ...aggregate2, extra: 'jwt', headers: { Authorization: `Bearer ${TOKEN}` }, reference: 'aggregate-2' },
];

/**
 * An endpoint with so many backends of about so many bytes each, for the curves.
 *
 * @param {number} backends
 * @param {number} bytes
 * @returns {Case}
 */
export function sizedCase(backends, bytes) {
  const calls = Array.from({ length: backends }, (_, index) => ({
    origin: index % 4,
    path: `/part${index}/{id}`,
    document: bytes < 1000 ? { [`part${index}`]: user(index) } : list(`part${index}`, bytes, user),
  }));
  return {
    name: `${backends}:${bytes}`,
    route: '/sized/{id}',
    calls,
    combine: (documents) => Object.assign({}, ...documents),
  };
}

/** @param {string} name a name of `CASES`, `full:namespace` for one component of it, or `backends:bytes` */
export function findCase(name) {
  const sized = /^(\d+):(\d+)$/.exec(name);
  if (sized) return sizedCase(Number(sized[1]), Number(sized[2]));
  const [caseName, only] = name.split(':', 2);
  const found = CASES.find((candidate) => candidate.name === caseName);
  if (found && only !== undefined && found.extra === 'components') return { ...found, name, only };
  if (!found || only !== undefined)
    throw new Error(`There is no case ${name}; there are ${CASES.map(({ name }) => name).join(', ')}.`);
  return found;
}

/** @param {Case} measured the text that a right answer has */
export function expectedAnswer({ calls, combine }) {
  const documents = calls.map(({ document }) => structuredClone(document));
  return combine ? combine(documents) : documents[0];
}

/** @param {string} path */
export function withId(path) {
  return path.replace('{id}', ID);
}

/**
 * The places of the endpoints of a case; the last one is the measured one's.
 *
 * @param {Case} measured
 */
export function routesOf({ route, routes = 1 }) {
  const others = Array.from({ length: routes - 1 }, (_, index) => `/r${index}${route}`);
  return { before: others.slice(0, others.length / 2), route, after: others.slice(others.length / 2) };
}
