import { concatBytes, decodeUtf8, encodeUtf8 } from '@tollgate/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReplyAssembler } from '../canonical/assemble-reply.js';
import { ERROR_CLASSES } from '../canonical/canonical-error.js';
import type { CanonicalEvent } from '../canonical/canonical-event.js';
import type { CanonicalReply } from '../canonical/canonical-reply.js';
import { totalOf } from '../canonical/sum-usage.js';
import { REPLY_CONTEXT } from './carry.js';
import { CONFORMANCE_ROWS, type ConformanceRow } from './rows.js';
import { SAMPLES } from './samples.fixture.js';

const rows = CONFORMANCE_ROWS.filter(({ dialect }) => dialect.caller === null).map((row) => [row.dialect.name, row] as const);
const callers = CONFORMANCE_ROWS.filter(({ dialect }) => dialect.caller !== null && dialect.upstream !== null);

function read({ dialect }: ConformanceRow, bytes: Uint8Array, cuts: readonly number[] = []): CanonicalEvent[] {
  const events: CanonicalEvent[] = [];
  const reader = dialect.upstream?.createStreamReader((event) => events.push(event));
  const points = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (let i = 1; i < points.length; i += 1) reader?.push(bytes.slice(points[i - 1], points[i]));
  reader?.finish();
  return events;
}

function assemble(row: ConformanceRow, events: readonly CanonicalEvent[]): ReplyAssembler {
  const assembler = new ReplyAssembler(row.dialect.name);
  for (const event of events) assembler.write(event);
  return assembler;
}

/** What a caller must get of the sample, in whatever dialect. */
const essence = (reply: CanonicalReply) => {
  const parts = reply.candidates[0]?.parts ?? [];
  return {
    text: parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(''),
    calls: parts.flatMap((part) => (part.type === 'tool_call' ? [[part.id, part.name, JSON.parse(part.arguments)]] : [])),
    stop: reply.candidates[0]?.stop,
    total: reply.usage === null ? null : totalOf(reply.usage),
  };
};

test('there are dialects that only vendors speak, each with a sample', () => {
  expect(rows.length).toBeGreaterThan(0);
  for (const [name] of rows) expect(SAMPLES[name], name).toBeDefined();
});

describe.each(rows)('a stream of %s', (name, row) => {
  const bytes = row.frame(SAMPLES[name]?.events ?? []);
  const whole = read(row, bytes);

  test('says thoughts, words, two calls, the stop, the usage and its end', () => {
    const { error } = assemble(row, whole);
    const reply = assemble(row, whole).reply();
    expect(error).toBeNull();
    expect(essence(reply)).toMatchObject({ text: 'Söme words 🌧', stop: 'tool_calls', total: 30 });
    expect(essence(reply).calls.map(([, tool, args]) => [tool, args])).toEqual([
      ['weather', { town: 'Öslo' }],
      ['time', {}],
    ]);
    const ids = essence(reply).calls.map(([id]) => id);
    expect(new Set(ids).size).toBe(2);
    expect(ids).not.toContain('');
    const thoughts = reply.candidates[0]?.parts.flatMap((part) => (part.type === 'reasoning' ? [part.text] : []));
    expect(thoughts?.join('')).toBe('which town?');
    expect(whole.at(-1)?.type).toBe('end');
  });

  test('is read alike whole, byte by byte and cut anywhere', () => {
    expect(
      read(
        row,
        bytes,
        Array.from({ length: bytes.length }, (_, at) => at),
      ),
    ).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), (cuts) => {
        expect(read(row, bytes, cuts)).toEqual(whole);
      }),
      { numRuns: 200 },
    );
  });

  test('that was cut is an error, or says its stop', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (end) => {
        const events = read(row, bytes.subarray(0, end));
        expect(['error', 'end']).toContain(events.at(-1)?.type);
        if (events.at(-1)?.type === 'end') expect(events.some(({ type }) => type === 'stop')).toBe(true);
      }),
      { numRuns: 300 },
    );
    expect(read(row, bytes.subarray(0, bytes.length >> 1)).at(-1)).toMatchObject({ type: 'error', error: { class: 'server' } });
  });

  test('of noise neither throws nor goes unended', () => {
    const good = SAMPLES[name]?.events ?? [];
    const mutated = fc
      .tuple(fc.constantFrom(...good), fc.nat(300), fc.string({ maxLength: 3 }))
      .map(([event, at, noise]) => event.slice(0, at) + noise + event.slice(at + noise.length));
    const line = fc.oneof(
      fc.constantFrom(...good),
      mutated,
      fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value)),
      fc.string({ maxLength: 30 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const events = read(row, encodeUtf8(lines.map((text) => `${text.startsWith('{') ? 'data: ' : ''}${text}\n\n`).join('')));
        const plain = read(row, encodeUtf8(lines.map((text) => `${text}\n`).join('')));
        for (const seen of [events, plain])
          expect(seen.filter(({ type }) => type === 'error' || type === 'end')).toEqual([seen.at(-1)]);
        for (const caller of callers) {
          const writer = caller.dialect.caller?.createStreamWriter(REPLY_CONTEXT);
          for (const event of events) writer?.write(event);
          writer?.take();
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each(callers.map((caller) => [caller.dialect.name, caller] as const))('reaches a caller of %s', (_, caller) => {
    const writer = caller.dialect.caller?.createStreamWriter(REPLY_CONTEXT);
    const pieces: Uint8Array[] = [];
    for (const event of whole) {
      writer?.write(event);
      pieces.push(writer?.take() ?? new Uint8Array());
    }
    const again = assemble(caller, read(caller, concatBytes(pieces)));
    expect(again.error).toBeNull();
    expect(essence(again.reply())).toEqual(essence(assemble(row, whole).reply()));
  });
});

describe.each(rows)('bodies of %s', (_, { dialect }) => {
  test('of noise are refused, not thrown', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (noise) => {
        const bytes = encodeUtf8(JSON.stringify(noise));
        dialect.upstream?.readReply(bytes);
        const error = dialect.upstream?.readError(500, bytes);
        expect(typeof error?.message).toBe('string');
        expect(ERROR_CLASSES).toContain(error?.class);
      }),
      { numRuns: 500 },
    );
    expect(dialect.upstream?.readReply(encodeUtf8(`{"a":${'['.repeat(100_000)}`))).toMatchObject({ ok: false });
    expect(dialect.upstream?.readReply(encodeUtf8('{}'))).toMatchObject({ ok: false });
    expect(decodeUtf8(encodeUtf8(dialect.upstream?.readError(502, encodeUtf8('<html>')).message ?? ''))).not.toBe('');
  });
});
