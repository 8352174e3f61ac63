/** Distinguished encoding of ASN.1 (X.690), as far as a certificate needs it. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

function lengthOf(length: number): Buffer {
  if (length < 128) return Buffer.from([length]);
  const bytes = Buffer.from(length.toString(16).padStart(2 * Math.ceil(length.toString(16).length / 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([0x80 + bytes.length]), bytes]);
}

export const sequence = (...contents: readonly Uint8Array[]): Buffer => der(0x30, ...contents);
export const set = (...contents: readonly Uint8Array[]): Buffer => der(0x31, ...contents);
export const octets = (content: Uint8Array): Buffer => der(0x04, content);
export const bits = (content: Uint8Array, unused = 0): Buffer => der(0x03, Buffer.from([unused]), content);
export const text = (content: string): Buffer => der(0x0c, Buffer.from(content, 'utf8'));
/** Positive: the first bit of `content` is not set. */
export const integer = (content: Uint8Array): Buffer => der(0x02, content);
export const yes = (): Buffer => der(0x01, Buffer.from([0xff]));

/** `1.2.840.10045.4.3.2` */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [40 * first + second];
  for (const part of rest) {
    const group = [part % 128];
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128)) group.unshift(128 + (left % 128));
    bytes.push(...group);
  }
  return der(0x06, Buffer.from(bytes));
}

/** UTCTime, `YYMMDDhhmmssZ`: years to 2049. */
export const time = (at: Date): Buffer =>
  der(0x17, Buffer.from(`${at.toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`, 'latin1'));
