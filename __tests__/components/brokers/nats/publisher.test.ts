import { expect, test, vi } from 'vitest';
import type { Place } from '../../../../lib/components/brokers/driver.js';
import { createNatsPublisher } from '../../../../lib/components/brokers/nats/publisher.js';
import { parseBrokerUrl } from '../../../../lib/components/brokers/url.js';

const MESSAGE = { body: Buffer.from('a'), headers: { 'x-a': '1' } };

function publisherOf(url: string, client: object) {
  return createNatsPublisher({ name: 'b', url: parseBrokerUrl(url), client, timeout: 50 } as unknown as Place);
}

test('N02 is done when the server has answered what was sent, and not before', async () => {
  let answer = () => {};
  const client = { publish: vi.fn(), flush: () => new Promise<void>((resolve) => (answer = resolve)) };
  const done = vi.fn();
  const publishing = publisherOf('nats://s', client).publish(MESSAGE).then(done);
  await vi.waitFor(() => expect(client.publish).toHaveBeenCalledOnce());
  expect(done).not.toHaveBeenCalled();
  answer();
  await publishing;
  const [subject, body, { headers }] = client.publish.mock.calls[0]!;
  expect([subject, String(body), headers.get('x-a')]).toEqual(['s', 'a', '1']);
});

test('a request waits for its reply no longer than the backend does', async () => {
  const request = vi.fn(async (..._: unknown[]) => ({ data: new Uint8Array([0x62]), headers: undefined }));
  const reply = await publisherOf('nats://s?request=true', { request }).publish(MESSAGE);
  expect(String(reply?.body)).toBe('b');
  expect(request.mock.calls[0]?.[2]).toMatchObject({ timeout: 50 });
});

test('what cannot be a header fails the call, by name', async () => {
  const client = { publish: vi.fn(), flush: async () => {} };
  const message = { ...MESSAGE, headers: { 'x-a': 'a\r\nb' } };
  await expect(publisherOf('nats://s', client).publish(message)).rejects.toMatchObject({
    message: expect.stringMatching(/^b: /),
  });
  expect(client.publish).not.toHaveBeenCalled();
});
