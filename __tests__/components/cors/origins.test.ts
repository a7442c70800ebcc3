import { describe, expect, test } from 'vitest';
import { adviceOnOrigin, createOriginCheck } from '../../../lib/components/cors/origins.js';

const allows = (entry: string, origin: string) => createOriginCheck([entry])?.(origin);

describe('A05 an origin is let in by', () => {
  test.each<[entry: string, origin: string, isAllowed: boolean]>([
    ['https://shop.example', 'https://shop.example', true],
    ['https://shop.example', 'HTTPS://Shop.Example', true],
    ['https://Shop.Example', 'https://shop.example', true],
    ['https://shop.example', 'http://shop.example', false],
    ['https://shop.example', 'https://shop.example:8443', false],
    ['https://shop.example', 'https://shop.example.attacker.test', false],
    ['https://shop.example', 'https://attackershop.example', false],
    ['https://shop.example', 'https://shop.example/', false],
    ['https://shop.example', 'null', false],
    ['null', 'null', true],
    ['svc.internal', 'http://svc.internal', false],
    ['https://*.shop.example', 'https://a.shop.example', true],
    ['https://*.shop.example', 'https://a.b.shop.example', true],
    ['https://*.shop.example', 'HTTPS://A.Shop.example', true],
    ['https://*.shop.example', 'https://shop.example', false],
    ['https://*.shop.example', 'https://a.shop.example:8443', false],
    ['https://*.shop.example', 'https://attacker.test/.shop.example', false],
    ['https://*.shop.example', 'https://attacker.test#.shop.example', false],
    ['https://*.shop.example', 'https://attacker.test?.shop.example', false],
    ['https://*.shop.example', 'https://attacker.test\\.shop.example', false],
    ['https://*.shop.example', 'https://attacker.test@.shop.example', false],
    ['https://*.shop.example', 'https://attacker.test, https://a.shop.example', false],
    ['https://*.shop.example', 'https://attacker.test:1.shop.example', false],
    ['https://*.shop.example', 'https://attacker.testxshop.example', false],
    ['*.shop.example', 'http://a.shop.example', true],
    ['*.shop.example', 'null', false],
    ['http://localhost:*', 'http://localhost:3000', true],
    ['http://localhost:*', 'http://localhost:3000.attacker.test', false],
    ['http://localhost:*', 'http://localhost', false],
    ['*://shop.example', 'http://shop.example', true],
    ['https://*', 'https://anything.test:8443', true],
    ['https://*', 'http://anything.test', false],
    ['https://*', 'null', false],
    ['http://[::1]:*', 'http://[::1]:3000', true],
    // The parts must not overlap.
    ['https://aba*aba.test', 'https://aba.test', false],
  ])('%s: %s %s', (entry, origin, isAllowed) => {
    expect(allows(entry, origin)).toBe(isAllowed);
  });

  test('"*" is no check at all, whatever stands beside it', () => {
    expect(createOriginCheck(['https://shop.example', '*'])).toBeUndefined();
  });

  test('an empty list of entries lets nothing in', () => {
    expect(createOriginCheck([])?.('https://shop.example')).toBe(false);
  });

  test('a text that is longer than any origin is not compared with patterns', () => {
    expect(allows('https://*.a.test', `https://${'b'.repeat(240)}.a.test`)).toBe(true);
    expect(allows('https://*.a.test', `https://${'b.'.repeat(8000)}a.test`)).toBe(false);
  });
});

describe('an entry is warned about', () => {
  test.each<[entry: string, advice: string | undefined]>([
    ['*', undefined],
    ['null', undefined],
    ['https://shop.example', undefined],
    ['https://shop.example:8443', undefined],
    ['http://[::1]:3000', undefined],
    ['https://*.shop.example', undefined],
    ['*.shop.example', undefined],
    ['https://api-*.shop.example', undefined],
    ['https://*-api.shop.example', undefined],
    ['http://localhost:*', undefined],
    ['http://localhost:30*', undefined],
    ['https://*', undefined],
    ['*://shop.example', undefined],
    ['shop.example', 'is the origin of no page'],
    ['https://shop.example/', 'is the origin of no page'],
    ['https://shop.example/path', 'is the origin of no page'],
    ['https://*.shop.example/', 'is the origin of no page, whatever'],
    ['https://shop.example*', 'shop.example.attacker.example'],
    ['https://shop.*', 'shop.example.attacker.example'],
    ['https://*shop.example', 'attacker-shop.example'],
    ['*shop.example', 'attacker-shop.example'],
    ['https://*-shop.example', 'attacker-shop.example'],
  ])('%s', (entry, advice) => {
    if (advice === undefined) expect(adviceOnOrigin(entry)).toBeUndefined();
    else expect(adviceOnOrigin(entry)).toContain(advice);
  });
});
