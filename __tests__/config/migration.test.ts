import { describe, expect, test } from 'vitest';
import { builtInComponents } from '../../lib/components/index.js';
import { unsupportedNamespaces } from '../../lib/components/namespaces.js';
import { withOldNames } from '../../lib/config/dialect.js';
import { createGateway, type GatewayConfig, type Logger } from '../../lib/index.js';
import { read } from '../support/source.js';
import { backendSchema, endpointSchema, idleShape, rootSchema, routerSchema } from './support/schemas.js';

const PAGE = read('docs/migrating-from-krakend.md');
const REFERENCE = read('docs/configuration.md');

/** The rows of the table under a heading, cells without their backticks. */
function rowsUnder(heading: string): string[][] {
  const [, section = ''] = PAGE.split(`\n### ${heading}\n`);
  const [table = ''] = section.split('\n#');
  const rows = table.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(1).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

const LEVELS = [
  ['Root', rootSchema],
  ['Endpoint', endpointSchema],
  ['Backend', backendSchema],
  ['`router` namespace', routerSchema],
] as const;

describe.each(LEVELS)('the table of %s', (heading, schema) => {
  const rows = rowsUnder(heading);
  const known = withOldNames(Object.keys(schema.shape));

  test('lists only keys that the schema takes, each once', () => {
    const keys = rows.map(([key]) => key!);
    expect(keys.filter((key) => !key.startsWith('$') && !known.includes(key))).toEqual([]);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('has a reference with every key', () => {
    const missing = Object.keys(schema.shape).filter((key) => !REFERENCE.includes(`\`${key}\``));
    expect(missing).toEqual([]);
  });

  test('says something about every key', () => {
    expect(rows.filter(([, status]) => !['works', 'differs', 'host app', 'not there'].includes(status!))).toEqual([]);
    expect(rows.filter(([, status, note]) => status !== 'works' && note === '')).toEqual([]);
  });
});

/** What a configuration with one more key at the root is warned of. */
function warningsOf(extra: object): string[] {
  const warnings: string[] = [];
  const logger: Logger = { debug() {}, info() {}, warn: (_fields, message) => warnings.push(message), error() {} };
  const endpoints = [{ endpoint: '/a', backend: [{ host: ['http://a'], url_pattern: '/' }] }];
  createGateway({ endpoints, ...extra } as GatewayConfig, { logger });
  return warnings;
}

test('what is the host app’s job at the root is exactly what warns', () => {
  const listed = rowsUnder('Root').flatMap(([key, status]) => (status === 'host app' ? [key!] : []));
  expect(listed.sort()).toEqual(Object.keys(idleShape).sort());
  for (const key of listed) {
    const [example] = (idleShape[key as keyof typeof idleShape].meta()?.['examples'] ?? []) as unknown[];
    expect(warningsOf({ [key]: example }), key).toEqual([expect.stringContaining(key)]);
  }
});

describe('the table of namespaces', () => {
  const rows = rowsUnder('Namespaces of `extra_config`');
  const built = new Set(
    builtInComponents.flatMap(({ namespace, aliases = [] }: { namespace: string; aliases?: readonly string[] }) => [
      namespace,
      ...aliases,
    ]),
  );
  const CORE = new Set(['proxy', 'backend/http', 'backend/http/client', 'router']);

  test.each(rows.map((row) => [row[0] === '–' ? row[1]! : row[0]!, row] as const))(
    '%s',
    (_title, [short, long, status, note]) => {
      const names = [short!, long!.replace('github_com/', 'github.com/')].filter((name) => name !== '–');
      for (const name of names) {
        const unsupported = built.has(name) ? undefined : unsupportedNamespaces.get(name);
        const actual = unsupported ? (unsupported.isError ? 'not there' : 'host app') : 'works';
        expect(actual, name).toBe(status === 'differs' ? 'works' : status);
        if (!unsupported) expect(built.has(name) || CORE.has(name) || CORE.has(short!), name).toBe(true);
      }
      expect(note).not.toBe('');
    },
  );

  test('lists every built-in component that KrakenD has as well', () => {
    const listed = new Set(rows.map(([short]) => short));
    const shared = builtInComponents.filter((component) => 'aliases' in component);
    expect(shared.filter(({ namespace }) => !listed.has(namespace))).toEqual([]);
  });
});
