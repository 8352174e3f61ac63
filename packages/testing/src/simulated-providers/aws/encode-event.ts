import { crc32 } from 'node:zlib';

const STRING = 7;

function encodeHeader(name: string, value: string): Buffer {
  const [key, text] = [Buffer.from(name), Buffer.from(value)];
  const head = Buffer.from([key.length, ...key, STRING, text.length >> 8, text.length & 0xff]);
  return Buffer.concat([head, text]);
}

/**
 * One message of `application/vnd.amazon.eventstream`: total length, length of headers, CRC-32 of those eight bytes, headers,
 * payload, CRC-32 of all before it; numbers big-endian.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html
 */
export function encodeEvent(headers: Readonly<Record<string, string>>, payload: string): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => encodeHeader(name, value)));
  const body = Buffer.from(payload);
  const message = Buffer.alloc(12 + head.length + body.length + 4);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(head.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  head.copy(message, 12);
  body.copy(message, 12 + head.length);
  message.writeUInt32BE(crc32(message.subarray(0, message.length - 4)), message.length - 4);
  return message;
}

/** The same message with one bit of its payload turned: its length is right, its sum is not. */
export function spoilEvent(message: Buffer): Buffer {
  const spoilt = Buffer.from(message);
  const place = spoilt.length - 6;
  spoilt[place] = (spoilt[place] as number) ^ 1;
  return spoilt;
}
