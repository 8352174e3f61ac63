import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readOffset, writeOffset } from './frame.js';
import { decodeHeaders, encodeHeaders, readOpening, writeOpening } from './opening.js';

const printable = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });

test('an opening reads as it was written', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('tg-request-id', 'traceparent', 'tg-tenant'), printable, { noNullPrototype: true }),
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(1000),
      fc.integer({ min: 1, max: 0xffffffff }),
      (headers, meta, body, rest, deadlineMs) => {
        const fields = {
          id: 7,
          deadlineMs,
          windowBytes: 9,
          headers: encodeHeaders(headers),
          meta,
          body,
          bodyLength: body.length + rest,
        };
        const read = readOpening(writeOpening(fields));
        expect(read).toMatchObject({ id: 7, deadlineMs, windowBytes: 9, bodyLength: body.length + rest });
        expect(decodeHeaders(read?.headers ?? new Uint8Array(0))).toEqual(headers);
        expect([...(read?.meta ?? [])]).toEqual([...meta]);
        expect([...(read?.body ?? [])]).toEqual([...body]);
      },
    ),
  );
});

test('any other bytes read as no opening or as one within its bounds', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const read = readOpening(bytes);
      if (read !== null) expect(read.body.length).toBeLessThanOrEqual(read.bodyLength);
    }),
  );
});

test('offsets beyond 4 GiB survive', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (offset) => {
      const bytes = new Uint8Array(8);
      writeOffset(bytes, 0, offset);
      expect(readOffset(bytes, 0)).toBe(offset);
    }),
  );
});

test('a value cannot add a header', () => {
  expect(() => encodeHeaders({ 'tg-request-id': 'x\ntg-tenant:org_other' })).toThrow(RangeError);
});
