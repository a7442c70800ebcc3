import { afterAll, beforeAll, expect, test } from 'vitest';
import { curlLines, type RunningExample, startExample } from '../support/example.js';

let example: RunningExample;

beforeAll(async () => {
  example = await startExample('examples/service-discovery/server.mjs');
}, 30_000);

afterAll(async () => {
  const { code, errors } = await example.stop();
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
});

/** How often each instance answers, one call after the other. */
async function shares(path: string, calls: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let call = 0; call < calls; call++) {
    const { json } = await example.call(path);
    const { instance } = json as { instance: string };
    counts[instance] = (counts[instance] ?? 0) + 1;
  }
  return counts;
}

test('hosts come from DNS with their weights, or from a function, and new ones are found', async () => {
  const [byDns, byFunction, start] = curlLines(example.output);
  expect(await shares(byDns!.url, 8)).toEqual({ 'instance-1': 6, 'instance-2': 2 });
  expect(await shares(byFunction!.url, 8)).toEqual({ 'instance-1': 4, 'instance-2': 4 });

  const { text } = await example.call(start!.url, start!.init);
  expect(text).toBe('instance-3 is up\n');
  expect(await shares(byFunction!.url, 3)).toHaveProperty('instance-3');
  await expect
    .poll(() => shares(byDns!.url, 8), { timeout: 5_000 })
    .toEqual({
      'instance-1': 3,
      'instance-2': 1,
      'instance-3': 4,
    });
}, 10_000);
