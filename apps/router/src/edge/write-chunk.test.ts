import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Call } from './call.js';
import { endChunks, takeOverChunks, writeChunk } from './write-chunk.js';

const everyByte = Uint8Array.from({ length: 256 }, (_, value) => value);
const long = new Uint8Array(100_000).fill(0xfe);
const last = Buffer.from('data: [DONE]\n\n');
const whole = Buffer.concat([everyByte, long, everyByte, last]);

let close: () => Promise<void> = async () => undefined;
afterEach(() => close());

/** Answers with chunks of several sizes, an empty one among them. */
async function serve(ending: Uint8Array | null): Promise<number> {
  const server = createServer((_, response) => {
    const call = { response, chunked: false } as unknown as Call;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    takeOverChunks(call);
    for (const chunk of [everyByte, new Uint8Array(0), long]) writeChunk(call, chunk);
    setImmediate(() => {
      writeChunk(call, everyByte);
      endChunks(call, ending);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  close = async () => {
    server.closeAllConnections();
    server.close();
  };
  return (server.address() as AddressInfo).port;
}

/** All that comes back until the connection ends. */
async function exchange(port: number, text: string): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1');
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part));
  socket.write(text);
  await once(socket, 'close');
  return Buffer.concat(parts);
}

test('bytes of any value and chunks of any length arrive whole, call after call on one connection', async () => {
  const port = await serve(last);
  const head = 'GET / HTTP/1.1\r\nhost: x\r\n';
  const answers = await exchange(port, `${head}\r\n${head}connection: close\r\n\r\n`);
  const [none, ...heads] = answers.toString('latin1').split('HTTP/1.1 200 OK\r\n');
  expect(none).toBe('');
  expect(heads).toHaveLength(2);
  for (const answer of heads) expect(answer.toLowerCase()).toContain('transfer-encoding: chunked');
});

test.each([
  ['with a last chunk', last, whole],
  ['without one', null, whole.subarray(0, whole.length - last.length)],
  ['with a long one', long, Buffer.concat([whole.subarray(0, whole.length - last.length), long])],
])("Node's own client reads the answer %s", async (_, ending, expected) => {
  const port = await serve(ending);
  const [response] = (await once(request({ port, host: '127.0.0.1' }).end(), 'response')) as [NodeJS.ReadableStream];
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  expect(Buffer.concat(parts).equals(expected)).toBe(true);
});

test('a caller of HTTP/1.0 gets the bytes without borders', async () => {
  const answer = await exchange(await serve(last), 'GET / HTTP/1.0\r\n\r\n');
  expect(answer.subarray(answer.indexOf('\r\n\r\n') + 4).equals(whole)).toBe(true);
});
