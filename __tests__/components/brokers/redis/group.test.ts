import type { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { createGroupMember } from '../../../../lib/components/brokers/redis/group.js';
import { createFakeRedis } from '../fake-redis.js';

const FIELDS = [Buffer.from('body'), Buffer.from('a'), Buffer.from('header:x-a'), Buffer.from('1')];
const ENTRY = [Buffer.from('1-0'), FIELDS];

function setUp(answer: (name: string) => unknown) {
  const { client, commands } = createFakeRedis(([name]) => answer(String(name)));
  return { connection: client as unknown as Redis, commands, member: createGroupMember('s', 'g', 30_000) };
}

test('the group is made once; that it is there already is no fault', async () => {
  const { connection, commands, member } = setUp(() => {
    throw new Error('BUSYGROUP Consumer Group name already exists');
  });
  await member.create(connection);
  expect(commands).toEqual([['XGROUP', 'CREATE', 's', 'g', '0', 'MKSTREAM']]);
  const refused = setUp(() => {
    throw new Error('NOPERM');
  });
  await expect(refused.member.create(refused.connection)).rejects.toThrow('NOPERM');
});

test('what another member left comes first; where there is none, a claim is not tried again at once', async () => {
  const left = [[Buffer.from('0-1'), FIELDS]];
  const claims = [
    [Buffer.from('0-0'), left],
    [Buffer.from('0-0'), []],
  ];
  const { connection, commands, member } = setUp((name) =>
    name === 'XAUTOCLAIM' ? claims.shift() : [Buffer.from('s'), [ENTRY]],
  );
  expect(await member.next(connection)).toEqual({ id: '0-1', body: Buffer.from('a'), headers: { 'x-a': '1' } });
  expect(await member.next(connection)).toMatchObject({ id: '1-0' });
  expect(await member.next(connection)).toMatchObject({ id: '1-0' });
  expect(commands.map(([name]) => name)).toEqual(['XAUTOCLAIM', 'XAUTOCLAIM', 'XREADGROUP', 'XREADGROUP']);
});

test('an entry that others have written becomes a JSON object of its fields', async () => {
  const foreign = [Buffer.from('1-0'), [Buffer.from('id'), Buffer.from('7')]];
  const { connection, member } = setUp((name) =>
    name === 'XAUTOCLAIM' ? [Buffer.from('0-0'), []] : [[Buffer.from('s'), [foreign]]],
  );
  const entry = await member.next(connection);
  expect([String(entry?.body), entry?.headers]).toEqual(['{"id":"7"}', {}]);
});

test('says whether an acknowledgement was the first, and hands back what counts as idle', async () => {
  const { connection, commands, member } = setUp((name) => (name === 'XACK' ? 0 : []));
  expect(await member.acknowledge(connection, '1-0')).toBe(false);
  await member.handBack(connection, ['1-0', '2-0']);
  const [, [name, stream, group, consumer, ...rest] = []] = commands;
  expect([name, stream, group]).toEqual(['XCLAIM', 's', 'g']);
  expect(consumer).toMatch(/^express-tributary-/);
  expect(rest).toEqual([0, '1-0', '2-0', 'IDLE', 30_000, 'JUSTID']);
});
