import { expect, test } from 'vitest';
import { readSpans } from './read-spans.js';

const varint = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]);
const message = (number: number, content: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(content.length)]), content]);
const text = (number: number, value: string): Buffer => message(number, Buffer.from(value));
const attribute = (key: string, value: Buffer): Buffer => Buffer.concat([text(1, key), message(2, value)]);

test('a span is read with its parent, its attributes and the service that made it', () => {
  const span = Buffer.concat([
    message(1, Buffer.alloc(16, 0xab)),
    message(2, Buffer.alloc(8, 1)),
    message(4, Buffer.alloc(8, 2)),
    text(5, 'chat sim-fast'),
    Buffer.from([6 << 3, 2]),
    message(9, attribute('http.response.status_code', Buffer.from([3 << 3, ...varint(200)]))),
    message(15, Buffer.from([3 << 3, 2])),
  ]);
  const resource = message(1, attribute('service.name', text(1, 'router')));
  const body = message(1, Buffer.concat([message(1, resource), message(2, message(2, span))]));
  expect(readSpans(body)).toEqual([
    {
      traceId: 'ab'.repeat(16),
      spanId: '01'.repeat(8),
      parentSpanId: '02'.repeat(8),
      name: 'chat sim-fast',
      kind: 2,
      startNs: 0n,
      endNs: 0n,
      attributes: { 'http.response.status_code': 200 },
      service: 'router',
      statusCode: 2,
    },
  ]);
});
