import { expect, test } from 'vitest';
import { joinBrokerUrl, parseBrokerUrl } from '../../../lib/components/brokers/url.js';

test.each([
  ['kafka://orders', 'kafka', 'orders', ''],
  ['KAFKA://group?topic=a&topic=b', 'kafka', 'group', 'topic=a&topic=b'],
  ['kafka://', 'kafka', '', ''],
  ['awssns:///arn:aws:sns:eu:1:t?region=eu', 'awssns', '/arn:aws:sns:eu:1:t', 'region=eu'],
])('%s is read', (text, scheme, target, query) => {
  const url = parseBrokerUrl(text);
  expect([url?.scheme, url?.target, url?.query.toString()]).toEqual([scheme, target, query]);
});

test.each(['orders', '://x', '', 'kafka:/x', 'kafka://a#b'])('"%s" is none', (text) => {
  expect(parseBrokerUrl(text)).toBeUndefined();
});

test('the host goes before an option that is no URL by itself', () => {
  expect(joinBrokerUrl('kafka://', 'orders')).toBe('kafka://orders');
  expect(joinBrokerUrl('http://api.internal', 'kafka://orders')).toBe('kafka://orders');
  expect(joinBrokerUrl('awssqs://', 'https://sqs.eu-west-1.amazonaws.com/1/q')).toBe(
    'awssqs://https://sqs.eu-west-1.amazonaws.com/1/q',
  );
});
