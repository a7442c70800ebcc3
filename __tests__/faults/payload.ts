import { createHash } from 'node:crypto';
import type { Random } from './random.js';

/** What a healthy backend says. The token is the one that came with the request, so that any mix-up shows. */
export interface PayloadContext {
  readonly token: string;
  readonly role: string;
  /** Chance of its own: the same for backend and oracle. */
  readonly random: Random;
  /** The request's body, if it had one. */
  readonly request: Buffer;
  readonly isOdd: boolean;
  /** So many items on top, to make it large. */
  readonly bulk?: number | undefined;
  /** So many keys in one object, the same in every backend's. */
  readonly keys?: number | undefined;
}

export const NUMBERS = [
  '9007199254740993',
  '-9007199254740993',
  '18446744073709551615',
  '0.10',
  '1.0',
  '1e400',
  '1E2',
  '-0',
  '1e-7',
  '123456789012345678901234567890',
  '0.1000',
  '-1.5e+3',
];
const WORDS = ['snow', 'größe', '日本語', '\u{1f600}', 'a"b', 'tab\t', '', 'x'.repeat(200), '</script>&\u2028'];

export function fingerprint(body: Buffer): string {
  return `${body.length}:${createHash('sha1').update(body).digest('hex')}`;
}

/** One JSON object as text: big numbers, nesting, lists, and keys that collide between backends. */
export function objectPayload(context: PayloadContext): string {
  const { token, role, random, request, isOdd, bulk = 0, keys = 0 } = context;
  const list = Array.from(
    { length: random.int(0, 6) },
    () => `{"id":${random.pick(NUMBERS)},"w":${JSON.stringify(random.pick(WORDS))}}`,
  );
  const members = [
    `"tok":"${token}"`,
    `"be":"${role}"`,
    `"seq":${random.int(0, 999)}`,
    `"big":9007199254740993`,
    `"num":${random.pick(NUMBERS)}`,
    `"nest":{"${role}":{"n":${random.pick(NUMBERS)},"t":true,"z":null}}`,
    `"list":[${list.join(',')}]`,
    `"shared":{"who":"${role}","of_${role}":${random.int(0, 99)},"both":[${random.int(0, 9)},"${role}"]}`,
    `"__proto__":{"polluted":"${role}"}`,
  ];
  if (request.length > 0) members.push(`"got":"${fingerprint(request)}"`);
  if (bulk > 0) members.push(`"bulk":[${bulkOf(bulk, random)}]`);
  if (keys > 0) members.push(`"table":{${tableOf(keys, role)}}`);
  if (!isOdd) return `{${members.join(',')}}`;
  members.push(
    '"10":"ten"',
    '"2":"two"',
    '"constructor":{"prototype":{"polluted":1}}',
    '"toString":1',
    '"tw\\u0069ce":1',
    '"twice":2',
  );
  members.push(
    '"esc":"\\u0041\\/\\b\\f\\n\\r\\t\\ud83d\\ude00"',
    '"lone":"\\ud800"',
    '"":"empty key"',
    '"\\u005f_proto__":1',
    '"e":[[],{},[{}]]',
  );
  return ` \n{ ${members.join(' ,\r\n\t')} }\n`;
}

function bulkOf(count: number, random: Random): string {
  const filler = random.hex(1000);
  return Array.from({ length: count }, (_, id) => `{"id":${id},"w":"${filler}"}`).join();
}

function tableOf(count: number, role: string): string {
  return Array.from({ length: count }, (_, index) => `"k${index}":"${role}"`).join();
}

export function listPayload(context: PayloadContext): string {
  const items = Array.from({ length: context.random.int(1, 4) }, () => objectPayload(context));
  return `[${items.join(', ')}]`;
}

/** Bytes for `no-op`: the token in front and behind, arbitrary bytes in between. */
export function streamPayload({ token, role, random, request, bulk = 0 }: PayloadContext): Buffer {
  const size = bulk + (random.chance(0.05) ? random.int(100_000, 200_000) : random.int(0, 2_000));
  const filler = Buffer.alloc(size, `${random.hex(64)}\r\n0\r\n\r\n`);
  return Buffer.concat([Buffer.from(`${token};${role};${fingerprint(request)};`), filler, Buffer.from(`;${token}`)]);
}
