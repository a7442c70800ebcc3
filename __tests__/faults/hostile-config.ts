import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import type { Random } from './random.js';
import type { Violation } from './verify.js';

interface ConfigFault {
  readonly code?: string;
  readonly issues?: readonly { readonly path: string }[];
}
type Handler = (request: unknown, response: unknown) => void;
type CreateGateway = (config: unknown, options?: object) => Handler & { close(): Promise<void> };

export interface ConfigFigures {
  readonly mutations: number;
  readonly refused: number;
  readonly accepted: number;
}

type Path = readonly (string | number)[];

const VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 53,
  '',
  ' ',
  '1',
  '10 mb',
  '-5s',
  '1h1',
  'ms',
  '9999h',
  [],
  [null],
  [[]],
  [''],
  {},
  { a: 1 },
  'constructor',
  '__proto__',
  '/{a}',
  '/{',
  '/a{b}',
  '//x',
  '/a/../b',
  'a..b',
  '.',
  '*',
  '/*/x',
  '/__health',
  'http://',
  'http://a/b',
  'http://u:p@h',
  'http://h:99999',
  'ftp://h',
  '[::1',
  'h h',
  'GET ',
  'get',
  'BREW',
  'no-op',
  'json',
  'jsn',
  '\u0000',
  'ü',
];
const KEYS = [
  '__proto__',
  'constructor',
  'toString',
  'endpoints',
  'tiemout',
  'hosts',
  'url_patern',
  'Method',
  'backend ',
  '',
  '@comment',
  '$schema',
  '#',
  '_x',
];

function* pathsOf(node: unknown, path: Path = []): Generator<Path> {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    const next = [...path, Array.isArray(node) ? Number(key) : key];
    yield next;
    yield* pathsOf(value, next);
  }
}

function parentOf(root: unknown, path: Path): Record<string | number, unknown> {
  let node = root as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) node = node[key] as Record<string | number, unknown>;
  return node;
}

/** One change of a sound configuration: a value of another kind, a missing key, an unknown one, a doubled entry. */
function mutate(config: unknown, random: Random): { config: unknown; name: string } {
  const copy = structuredClone(config);
  const path = random.pick([...pathsOf(copy)]);
  const parent = parentOf(copy, path);
  const key = path.at(-1) as string | number;
  const where = path.join('.');
  const kind = random.int(0, 9);
  if (kind < 6) {
    const value = structuredClone(random.pick(VALUES));
    parent[key] = value;
    return { config: copy, name: `${where} = ${JSON.stringify(value)}` };
  }
  if (kind === 6) {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
    return { config: copy, name: `without ${where}` };
  }
  if (kind === 7 && Array.isArray(parent)) {
    parent.push(structuredClone(parent[Number(key)]));
    return { config: copy, name: `${where} twice` };
  }
  const name = random.pick(KEYS);
  const target =
    typeof parent[key] === 'object' && parent[key] !== null ? (parent[key] as Record<string, unknown>) : parent;
  Object.defineProperty(target, name, {
    value: random.pick(VALUES),
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return { config: copy, name: `${where} with ${JSON.stringify(name)}` };
}

/** Mutated configurations: each is refused with the path of its fault, or makes a gateway that answers. */
export async function runHostileConfigs(
  entry: string,
  config: Record<string, unknown>,
  count: number,
  random: Random,
  report: (violation: Violation) => void,
): Promise<ConfigFigures> {
  const { createGateway } = (await import(pathToFileURL(entry).href)) as { createGateway: CreateGateway };
  const tell = (name: string, message: string): void => report({ invariant: 'G11', message: `${message}: ${name}` });
  let handler: Handler = () => {};
  const server = createServer((request, response) => handler(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/__health`;
  let refused = 0;
  let accepted = 0;

  function build(changed: unknown, name: string): ReturnType<CreateGateway> | undefined {
    try {
      return createGateway(changed);
    } catch (error) {
      const { code, issues } = error as ConfigFault;
      if (code !== 'ERR_CONFIG' || !issues || issues.length === 0)
        tell(name, `refused with ${code ?? String(error)} instead of issues`);
      refused += 1;
      return undefined;
    }
  }

  for (let number = 0; number < count; number++) {
    const { config: changed, name } = mutate(config, random);
    const gateway = build(changed, name);
    if (!gateway) continue;
    accepted += 1;
    handler = gateway;
    const { status } = await fetch(url);
    if (status !== 200) tell(name, `accepted, and health says ${status}`);
    await gateway.close();
  }
  server.close();
  server.closeAllConnections();
  if ('polluted' in {} || Object.hasOwn(Object.prototype, 'a')) tell('all', 'a prototype was polluted');
  return { mutations: count, refused, accepted };
}
