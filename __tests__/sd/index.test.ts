import { expect, it } from 'vitest';
import { createSubscribers } from '../../lib/sd/index.js';

it('knows static and dns, and makes them anew for each gateway', () => {
  const one = createSubscribers();
  expect([...one.keys()]).toEqual(['static', 'dns']);
  expect(createSubscribers().get('dns')).not.toBe(one.get('dns'));
});
