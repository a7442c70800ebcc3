import { createSocket } from 'node:dgram';
import type { SrvRecord } from 'node:dns';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** What the server has to say about a name. `empty`: the name exists and has no SRV record. */
export type DnsAnswer = readonly SrvRecord[] | 'empty' | 'unknown' | 'failure' | 'garbage' | 'silence';

export interface DnsServer {
  /** For `servers` of the DNS subscribers. */
  readonly address: string;
  /** The names that were asked for, in order. */
  readonly queries: readonly string[];
  answer(name: string, answer: DnsAnswer): void;
  close(): Promise<void>;
}

const RESPONSE_CODES = { empty: 0, failure: 2, unknown: 3 };
const HEADER_LENGTH = 12;
const TYPE_SRV = 33;

/** A DNS server on loopback that knows what a test tells it; names it was not told of do not exist. */
export async function startDnsServer(): Promise<DnsServer> {
  const zone = new Map<string, DnsAnswer>();
  const queries: string[] = [];
  const socket = createSocket('udp4');

  socket.on('message', function answerQuery(query, from) {
    const { name, end } = readName(query, HEADER_LENGTH);
    queries.push(name);
    const answer = zone.get(name) ?? 'unknown';
    if (answer === 'silence') return;
    const question = query.subarray(HEADER_LENGTH, end + 4);
    const message =
      answer === 'garbage' ? Buffer.from('not DNS') : encodeAnswer(query.readUInt16BE(0), question, answer);
    socket.send(message, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address() as AddressInfo;

  return {
    address: `127.0.0.1:${port}`,
    queries,
    answer(name, answer) {
      zone.set(name, answer);
    },
    close() {
      return new Promise((resolve) => socket.close(resolve));
    },
  };
}

function encodeAnswer(id: number, question: Buffer, answer: Exclude<DnsAnswer, 'silence' | 'garbage'>): Buffer {
  const records = typeof answer === 'string' ? [] : answer;
  const header = Buffer.alloc(HEADER_LENGTH);
  header.writeUInt16BE(id, 0);
  // A response, authoritative, recursion available.
  header.writeUInt16BE(0x8580 | (typeof answer === 'string' ? RESPONSE_CODES[answer] : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, question, ...records.map(encodeRecord)]);
}

function encodeRecord({ priority, weight, port, name }: SrvRecord): Buffer {
  const target = encodeName(name);
  // The name is a pointer to the question's.
  const fixed = Buffer.from([0xc0, HEADER_LENGTH, 0, TYPE_SRV, 0, 1, 0, 0, 0, 0]);
  const data = Buffer.alloc(8);
  data.writeUInt16BE(6 + target.length, 0);
  data.writeUInt16BE(priority, 2);
  data.writeUInt16BE(weight, 4);
  data.writeUInt16BE(port, 6);
  return Buffer.concat([fixed, data, target]);
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([
    ...labels.map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.from([0]),
  ]);
}

function readName(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = message.readUInt8(at); length > 0; length = message.readUInt8(at)) {
    labels.push(message.toString('ascii', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}
