import { concatBytes, decodeUtf8, encodeUtf8 } from '@tollgate/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReplyAssembler } from '../canonical/assemble-reply.js';
import { ERROR_CLASSES } from '../canonical/canonical-error.js';
import type { CanonicalEvent } from '../canonical/canonical-event.js';
import type { CanonicalReply } from '../canonical/canonical-reply.js';
import { defaultTarget } from '../canonical/default-target.js';
import { replayReply } from '../canonical/replay-reply.js';
import { totalOf } from '../canonical/sum-usage.js';
import { carryReply, carryRequest, REPLY_CONTEXT } from './carry.js';
import { nearestStop } from './nearest-stop.js';
import { REPLY_FEATURES, replyOf } from './reply-features.js';
import { REQUEST_FEATURES, requestOf } from './request-features.js';
import { CONFORMANCE_ROWS, type ConformanceRow } from './rows.js';

const callers = CONFORMANCE_ROWS.filter(({ dialect }) => dialect.caller !== null);
const upstreams = CONFORMANCE_ROWS.filter(({ dialect }) => dialect.upstream !== null);
const both = callers.filter(({ dialect }) => dialect.upstream !== null);
const pairs = callers.flatMap((caller) =>
  upstreams.map((upstream) => [caller.dialect.name, upstream.dialect.name, caller, upstream] as const),
);
const named = (rows: readonly ConformanceRow[]) => rows.map((row) => [row.dialect.name, row] as const);

describe.each(pairs)('a request of %s to %s', (_, __, caller, upstream) => {
  test.each(REQUEST_FEATURES.map((feature) => [feature.name, feature] as const))('carries or names: %s', (___, feature) => {
    expect(carryRequest(feature, caller, upstream)?.lost ?? []).toEqual([]);
  });
});

describe.each(named(both))('%s, to itself', (_, { dialect, target }) => {
  test.each(REQUEST_FEATURES.map((feature) => [feature.name, feature] as const))(
    'is read as it was written: %s',
    (__, feature) => {
      const request = requestOf(feature, dialect.name);
      const written = dialect.upstream?.writeRequest(request, defaultTarget('a-model', target));
      if (written === undefined || written.dropped.length > 0) return;
      const read = dialect.caller?.readRequest(written.body, { model: 'a-model', stream: false });
      const again = dialect.upstream?.writeRequest(read?.ok ? read.value : request, defaultTarget('a-model', target));
      expect(read?.ok).toBe(true);
      expect(JSON.parse(decodeUtf8(again?.body ?? new Uint8Array()))).toEqual(JSON.parse(decodeUtf8(written.body)));
      expect(again?.dropped).toEqual([]);
    },
  );
});

/** What of a reply every dialect must keep that does not name a drop. */
const kept = (reply: CanonicalReply) => ({
  candidates: reply.candidates.map(({ parts, stop }) => ({
    stop: nearestStop(stop),
    parts: parts.map((part) => {
      const shown: Record<string, unknown> = { ...part };
      for (const name of ['citations', 'rest']) delete shown[name];
      // An id is made up where the dialect wants one; it matters beside what is encrypted.
      if (part.type === 'reasoning' && part.encrypted === undefined) delete shown['id'];
      return JSON.parse(JSON.stringify(shown)) as unknown;
    }),
  })),
  total: reply.usage === null ? null : totalOf(reply.usage),
});

function streamOf({ dialect }: ConformanceRow, reply: CanonicalReply) {
  const writer = dialect.caller?.createStreamWriter(REPLY_CONTEXT);
  const pieces: Uint8Array[] = [];
  replayReply(reply, (event) => {
    writer?.write(event);
    pieces.push(writer?.take() ?? new Uint8Array());
  });
  return { bytes: concatBytes(pieces), dropped: writer?.dropped() ?? [] };
}

function readStream({ dialect }: ConformanceRow, bytes: Uint8Array, step: (at: number) => number) {
  const events: CanonicalEvent[] = [];
  const reader = dialect.upstream?.createStreamReader((event) => events.push(event));
  for (let at = 0; at < bytes.length; ) {
    const next = at + step(at);
    reader?.push(bytes.slice(at, next));
    at = next;
  }
  reader?.finish();
  return events;
}

const assembled = (row: ConformanceRow, events: readonly CanonicalEvent[]) => {
  const assembler = new ReplyAssembler(row.dialect.name);
  for (const event of events) assembler.write(event);
  return { reply: assembler.reply(), error: assembler.error };
};

describe.each(named(callers))('an answer to a caller of %s', (_, caller) => {
  test.each(REPLY_FEATURES.map((feature) => [feature.name, feature] as const))('carries or names: %s', (__, feature) => {
    expect(carryReply(feature, caller)?.lost).toEqual([]);
  });

  test.each(REPLY_FEATURES.map((feature) => [feature.name, feature] as const))(
    'is streamed with the same content: %s',
    (__, feature) => {
      const { bytes, dropped } = streamOf(caller, replyOf(feature));
      if (dropped.length === 0) for (const evidence of feature.evidence) expect(decodeUtf8(bytes)).toContain(evidence);
    },
  );
});

describe.each(named(both))('%s, read and written', (_, row) => {
  const { dialect } = row;
  test.each(REPLY_FEATURES.map((feature) => [feature.name, feature] as const))('is read as it was written: %s', (__, feature) => {
    const reply = replyOf(feature);
    const written = dialect.caller?.writeReply(reply, REPLY_CONTEXT);
    if (written === undefined || written.dropped.length > 0) return;
    const read = dialect.upstream?.readReply(written.body);
    expect(read?.ok && kept(read.value)).toEqual(kept(reply));
  });

  test.each(REPLY_FEATURES.map((feature) => [feature.name, feature] as const))(
    'is streamed, whole or cut anywhere: %s',
    (__, feature) => {
      const reply = replyOf(feature);
      const { bytes, dropped } = streamOf(row, reply);
      const whole = readStream(row, bytes, () => bytes.length);
      const { reply: read, error } = assembled(row, whole);
      expect(error).toBeNull();
      if (dropped.length === 0) expect(kept(read)).toEqual(kept(reply));
      expect(readStream(row, bytes, () => 1)).toEqual(whole);
      expect(readStream(row, bytes, (at) => 1 + ((at * 48_271) % 97))).toEqual(whole);
    },
  );

  test('an error is read as the class that it was written for', () => {
    // The envelope has no word of its own for these.
    const alike: Record<string, string> = { request_too_large: 'request_too_large', quota: 'quota' };
    for (const errorClass of ERROR_CLASSES) {
      const message =
        errorClass === 'context_window' ? 'prompt is too long' : errorClass === 'content_policy' ? 'content policy' : 'no';
      const written = dialect.caller?.writeError({ class: errorClass, message, status: null }, 'req_1');
      const read = dialect.upstream?.readError(written?.httpStatus ?? 0, written?.body ?? new Uint8Array());
      expect(read).toMatchObject({ class: alike[errorClass] ?? errorClass, message });
    }
  });

  test('an error after a 200 ends the stream', () => {
    const writer = dialect.caller?.createStreamWriter(REPLY_CONTEXT);
    writer?.write({ type: 'start', id: 'a', model: 'm', createdAt: 1 });
    writer?.write({ type: 'error', error: { class: 'overloaded', message: 'too busy', status: null } });
    const bytes = writer?.take() ?? new Uint8Array();
    expect(readStream(row, bytes, () => bytes.length).at(-1)).toMatchObject({
      type: 'error',
      error: { class: 'overloaded', message: 'too busy' },
    });
  });

  test('a stream that was cut is an error, wherever it was cut', () => {
    const feature = REPLY_FEATURES.find(({ name }) => name === 'text, then parallel tool calls');
    const { bytes } = streamOf(row, replyOf(feature as (typeof REPLY_FEATURES)[number]));
    const lastEvent = bytes.length - 40;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: lastEvent }), (end) => {
        const last = readStream(row, bytes.subarray(0, end), () => end || 1).at(-1);
        expect(['error', 'end']).toContain(last?.type);
        if (last?.type === 'end')
          expect(decodeUtf8(bytes.subarray(0, end))).toMatch(/finish_reason":"|stop_reason":"|finishReason/);
      }),
    );
  });

  test('frames of noise neither throw nor go unended', () => {
    const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value));
    const { bytes } = streamOf(row, replyOf(REPLY_FEATURES[3] as (typeof REPLY_FEATURES)[number]));
    const good = decodeUtf8(bytes).split('\n\n').filter(Boolean);
    const mutated = fc
      .tuple(fc.constantFrom(...good), fc.nat(400), fc.string({ maxLength: 3 }))
      .map(([frame, at, noise]) => frame.slice(0, at) + noise + frame.slice(at + noise.length));
    const frame = fc.oneof(
      json.map((text) => `data: ${text}`),
      fc.constantFrom(...good),
      mutated,
      fc.string({ maxLength: 30 }),
    );
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), (frames) => {
        const noise = encodeUtf8(frames.map((text) => `${text}\n\n`).join(''));
        const events = readStream(row, noise, () => noise.length || 1);
        expect(['error', 'end']).toContain(events.at(-1)?.type);
        expect(events.filter(({ type }) => type === 'error' || type === 'end').length).toBe(1);
        for (const caller of callers) {
          const writer = caller.dialect.caller?.createStreamWriter(REPLY_CONTEXT);
          for (const event of events) writer?.write(event);
          writer?.take();
        }
      }),
      { numRuns: 500 },
    );
  });

  test('bodies of noise are refused, not thrown', () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 4 }),
      fc.record({
        model: fc.jsonValue(),
        messages: fc.array(fc.jsonValue({ maxDepth: 3 })),
        tools: fc.jsonValue(),
        choices: fc.jsonValue(),
        content: fc.jsonValue(),
      }),
    );
    fc.assert(
      fc.property(value, (noise) => {
        const bytes = encodeUtf8(JSON.stringify(noise));
        dialect.caller?.readRequest(bytes);
        dialect.upstream?.readReply(bytes);
        expect(typeof dialect.upstream?.readError(500, bytes).message).toBe('string');
      }),
      { numRuns: 500 },
    );
    const deep = encodeUtf8(`{"model":"m","messages":${'['.repeat(100_000)}`);
    expect(dialect.caller?.readRequest(deep)).toMatchObject({ ok: false, error: { code: 'invalid_request' } });
    const proto = encodeUtf8(
      '{"model":"m","messages":[{"role":"user","content":"x","__proto__":{"a":1}}],"input":"x",' +
        '"contents":[{"role":"user","parts":[{"text":"x","__proto__":{"a":1}}]}],"__proto__":{"b":2}}',
    );
    expect(dialect.caller?.readRequest(proto).ok).toBe(true);
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });
});
