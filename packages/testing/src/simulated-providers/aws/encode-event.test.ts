import { expect, test } from 'vitest';
import { encodeEvent, spoilEvent } from './encode-event.js';

// A message without headers or payload is the sixteen bytes that AWS gives as an example of the encoding.
test('an empty message is the known one', () => {
  expect(encodeEvent({}, '').toString('hex')).toBe('000000100000000005c248eb7d98c8ff');
});

test('headers and payload stand where the format says', () => {
  const message = encodeEvent({ ':message-type': 'event' }, '{"a":1}');
  expect(message.readUInt32BE(0)).toBe(message.length);
  expect(message.readUInt32BE(4)).toBe(1 + 13 + 1 + 2 + 5);
  expect(message.subarray(12, 34).toString('latin1')).toBe('\u000d:message-type\u0007\u0000\u0005event');
  expect(message.subarray(34, -4).toString()).toBe('{"a":1}');
});

test('a spoilt message has the same length and another payload', () => {
  const message = encodeEvent({}, '{"a":1}');
  const spoilt = spoilEvent(message);
  expect(spoilt).toHaveLength(message.length);
  expect(spoilt.subarray(-4)).toEqual(message.subarray(-4));
  expect(spoilt).not.toEqual(message);
});
