import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const HEADER_LENGTH = 12;

/**
 * A name server that knows one SRV record set: enough to stand in for the one of Consul, Kubernetes or your network.
 * `records` gives `[{ name, port, priority, weight }]` anew for each question.
 */
export async function startDnsServer(records) {
  const socket = createSocket('udp4', function answer(query, from) {
    const header = Buffer.from(query.subarray(0, HEADER_LENGTH));
    const answers = records().map(encodeRecord);
    header.writeUInt16BE(0x8580, 2); // an answer, authoritative, no error
    header.writeUInt16BE(answers.length, 6);
    header.fill(0, 8);
    const question = query.subarray(HEADER_LENGTH, query.indexOf(0, HEADER_LENGTH) + 5);
    socket.send(Buffer.concat([header, question, ...answers]), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');

  return {
    address: `127.0.0.1:${socket.address().port}`,
    stop() {
      socket.close();
    },
  };
}

function encodeRecord({ name, port, priority, weight }) {
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  const target = Buffer.concat([...labels, Buffer.from([0])]);
  const record = Buffer.alloc(18);
  record.writeUInt16BE(0xc00c, 0); // the name that was asked for
  record.writeUInt16BE(33, 2); // SRV
  record.writeUInt16BE(1, 4); // IN
  record.writeUInt16BE(6 + target.length, 10);
  record.writeUInt16BE(priority, 12);
  record.writeUInt16BE(weight, 14);
  record.writeUInt16BE(port, 16);
  return Buffer.concat([record, target]);
}
