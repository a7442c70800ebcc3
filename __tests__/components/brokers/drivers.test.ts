import { expect, test } from 'vitest';
import { drivers } from '../../../lib/components/brokers/drivers.js';
import { parseBrokerUrl } from '../../../lib/components/brokers/url.js';
import { read } from '../../support/source.js';

test.each([...drivers])(
  '%s can do something, names its packages, and refuses a URL without a target',
  (scheme, driver) => {
    expect(driver.publisher ?? driver.subscription).toBeDefined();
    expect(driver.peers.length).toBeGreaterThan(0);
    expect(driver.clientHas.length).toBeGreaterThan(0);
    const empty = parseBrokerUrl(`${scheme}://`);
    expect(empty && driver.faultOf(empty, driver.publisher ? 'publish' : 'subscribe')).toMatch(/^names no /);
  },
);

test.each([...drivers.keys()])('%s has a row in the docs', (scheme) => {
  expect(read('docs/components/pubsub.md')).toContain(`| \`${scheme}://`);
});
