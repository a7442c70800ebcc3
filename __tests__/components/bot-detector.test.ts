import { describe, expect, test } from 'vitest';
import { botDetector } from '../../lib/components/bot-detector.js';
import { createTestGateway, type TestGatewayOptions } from '../../lib/testing/index.js';
import { describeComponent } from '../contracts/component.js';
import { componentScope } from '../support/component-scope.js';

describeComponent({
  component: botDetector,
  valid: { deny: ['bad/1'], patterns: ['^Evil'] },
  invalid: [{ patterns: ['('] }, { patterns: ['(?=a)'] }, { deny: 'bad' }, { allow: [7] }, { cache_size: -1 }],
  scope: componentScope(),
});

type Rules = Record<string, unknown>;
const ENDPOINT = { endpoint: '/x', backend: [{ host: ['http://a'], url_pattern: '/a' }] };
const BACKENDS: TestGatewayOptions = { backends: { 'a/a': { a: 1 } } };

/** The status a client of that name gets, with the rules at the door or at the endpoint. */
async function statusFor(userAgent: string | undefined, rules: Rules, level: 'service' | 'endpoint' = 'service') {
  const extra_config = { 'security/bot-detector': rules };
  const config =
    level === 'service' ? { extra_config, endpoints: [ENDPOINT] } : { endpoints: [{ ...ENDPOINT, extra_config }] };
  const gateway = createTestGateway(config, BACKENDS);
  const headers: Record<string, string> = userAgent === undefined ? {} : { 'User-Agent': userAgent };
  return (await gateway.call({ url: '/x', headers })).status;
}

describe.each(['service', 'endpoint'] as const)('at %s level', (level) => {
  test.each<[string, string | undefined, Rules, number]>([
    ['nobody is turned away without rules', 'anything', {}, 200],
    ['a denied name is', 'bad/1', { deny: ['bad/1'] }, 403],
    ['names are compared exactly', 'bad/1.1', { deny: ['bad/1'] }, 200],
    ['names are compared with their case', 'BAD/1', { deny: ['bad/1'] }, 200],
    ['a pattern is not anchored', 'Mozilla evil/2', { patterns: ['evil'] }, 403],
    ['a pattern has its case', 'Evil', { patterns: ['evil'] }, 200],
    ['unless it says otherwise, as in Go', 'EVIL', { patterns: ['(?i)^evil$'] }, 403],
    ['an allowed name wins over both lists', 'bad/1', { allow: ['bad/1'], deny: ['bad/1'], patterns: ['bad'] }, 200],
    ['no name is welcome', undefined, { deny: ['x'], patterns: ['.*'] }, 200],
    ['unless it is not', undefined, { empty_user_agent_is_bot: true }, 403],
    ['an empty name is no name', '', { empty_user_agent_is_bot: true }, 403],
    ['the 1.3 names of the lists', 'bad/1', { denylist: ['bad/1'], cacheSize: 100 }, 403],
    ['the older 1.3 names of the lists', 'bad/1', { whitelist: ['bad/1'], blacklist: ['bad/1'] }, 200],
  ])('%s', async (_title, userAgent, rules, status) => {
    expect(await statusFor(userAgent, rules, level)).toBe(status);
  });

  test('the answer is empty and has none of the headers of the gateway, and no backend is called', async () => {
    const extra_config = { 'security/bot-detector': { deny: ['bad/1'] } };
    const gateway = createTestGateway(
      level === 'service' ? { extra_config, endpoints: [ENDPOINT] } : { endpoints: [{ ...ENDPOINT, extra_config }] },
      BACKENDS,
    );
    const answer = await gateway.call({ url: '/x', headers: { 'User-Agent': 'bad/1' } });
    expect(answer).toMatchObject({ status: 403, text: '', headers: { 'content-length': '0' }, trace: [] });
    expect(answer.headers).not.toHaveProperty('x-krakend-completed');
  });
});

test('the door is watched for every path, those of nobody included', async () => {
  const gateway = createTestGateway(
    { extra_config: { 'security/bot-detector': { deny: ['bad/1'] } }, endpoints: [ENDPOINT] },
    BACKENDS,
  );
  expect(await gateway.call({ url: '/nothing', headers: { 'User-Agent': 'bad/1' } })).toMatchObject({
    status: 403,
    matched: true,
  });
});

describe('B10 patterns', () => {
  function refuse(...patterns: string[]): () => unknown {
    const extra_config = { 'security/bot-detector': { patterns } };
    return () => createTestGateway({ extra_config, endpoints: [ENDPOINT] }, BACKENDS);
  }

  test.each<[string, string, number]>([
    ['[[:alpha:]]+bot', 'evilbot', 403],
    ['\\Abot\\z', 'a bot', 200],
    ['\\Qa.b\\E', 'axb', 200],
    ['(?P<name>evil)', 'is evil', 403],
    ['(a+)+$', 'b', 200],
  ])('%s is read as Go reads it', async (pattern, userAgent, status) => {
    expect(await statusFor(userAgent, { patterns: [pattern] })).toBe(status);
  });

  test.each<[string, string]>([
    ['(', 'is not a regular expression in the syntax of Go'],
    ['bot(?!/1)', 'uses look-ahead or look-behind'],
    ['(a)\\1', 'uses back references'],
  ])('%s is refused, with its place', (pattern, message) => {
    const path = 'extra_config["security/bot-detector"].patterns[1]';
    expect(refuse('fine', pattern)).toThrow(`${path}: ${JSON.stringify(pattern)} ${message}`);
  });

  test('see a long name only in part, so that length costs nothing', async () => {
    const name = `${'a'.repeat(64 * 1024)}evil`;
    const start = performance.now();
    expect(await statusFor(name, { patterns: ['a*evil$'] })).toBe(200);
    expect(await statusFor(`evil${name}`, { patterns: ['evil'] })).toBe(403);
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});
