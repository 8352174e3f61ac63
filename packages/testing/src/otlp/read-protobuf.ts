/** One field of a message: a number (varint, fixed) or the bytes of something length-delimited. */
export interface ProtobufField {
  readonly number: number;
  readonly value: bigint | Buffer;
}

/** Walks the fields of one message (https://protobuf.dev/programming-guides/encoding/); unknown ones are the caller's to skip. */
export function* readProtobuf(bytes: Buffer): Generator<ProtobufField> {
  let offset = 0;
  const varint = (): bigint => {
    let [value, shift] = [0n, 0n];
    for (;;) {
      const byte = bytes[offset];
      if (byte === undefined) throw new Error('Truncated protobuf');
      offset += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
      shift += 7n;
    }
  };
  while (offset < bytes.length) {
    const tag = Number(varint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        yield { number, value: bytes.readBigUInt64LE(offset) };
        offset += 8;
        break;
      case 2: {
        const length = Number(varint());
        yield { number, value: bytes.subarray(offset, offset + length) };
        offset += length;
        break;
      }
      case 5:
        yield { number, value: BigInt(bytes.readUInt32LE(offset)) };
        offset += 4;
        break;
      default:
        throw new Error(`Unknown wire type of field ${number}`);
    }
  }
}
