import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { concatBytes, decodeUtf8 } from '@tollgate/kernel';
import { describe, expect, test } from 'vitest';
import { ReplyAssembler } from '../canonical/assemble-reply.js';
import type { CanonicalEvent } from '../canonical/canonical-event.js';
import type { CanonicalReply } from '../canonical/canonical-reply.js';
import type { Part } from '../canonical/part.js';
import { totalOf } from '../canonical/sum-usage.js';
import { isObject, type JsonObject } from '../json/json-value.js';
import { parseJsonText } from '../json/parse-json.js';
import { REPLY_CONTEXT } from './carry.js';
import { nearestStop } from './nearest-stop.js';
import { CONFORMANCE_ROWS, type ConformanceRow } from './rows.js';

/** Streams and bodies that real vendors sent, kept outside the repository. */
const folder = process.env['RECORDINGS_DIR'];
const present = folder !== undefined && existsSync(folder);
const files = present ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort() : [];
const contentOf = (path: string): string => readFileSync(join(folder ?? '', path), 'utf8');
const parse = (text: string): JsonObject => {
  const value: unknown = JSON.parse(text);
  return isObject(value) ? value : {};
};
const ownerOf = (recorded: JsonObject) => CONFORMANCE_ROWS.findLast((row) => row.owns(recorded));

interface Recorded {
  readonly name: string;
  readonly row: ConformanceRow;
  readonly events: readonly string[];
}

function split(path: string): Recorded[] {
  const lines = contentOf(path).split('\n').filter(Boolean);
  const row = lines
    .slice(0, 5)
    .map((line) => ownerOf(parse(line)))
    .find(Boolean);
  if (row === undefined) return [];
  const streams: string[][] = [];
  for (const line of lines) {
    if (streams.length === 0 || row.begins?.(parse(line))) streams.push([]);
    streams.at(-1)?.push(line);
  }
  return streams.map((events, index) => ({ name: `${path} (${index + 1})`, row, events }));
}

const streams = files.filter((path) => path.endsWith('.chunks.txt')).flatMap(split);
const answers = files
  .filter((path) => path.endsWith('.json'))
  .flatMap((path) => {
    const row = ownerOf(parse(contentOf(path)));
    return row === undefined ? [] : [{ name: path, row }];
  });
const callers = CONFORMANCE_ROWS.filter(({ dialect }) => dialect.caller !== null);

test.skipIf(!present)('there are recordings of each dialect (set RECORDINGS_DIR to their folder)', () => {
  for (const row of CONFORMANCE_ROWS.filter(({ unrecorded }) => unrecorded === undefined)) {
    expect(streams.filter((stream) => stream.row === row).length, row.dialect.name).toBeGreaterThan(0);
    expect(answers.filter((answer) => answer.row === row).length, row.dialect.name).toBeGreaterThan(0);
  }
});

function read(row: ConformanceRow, bytes: Uint8Array, step: (at: number) => number): CanonicalEvent[] {
  const events: CanonicalEvent[] = [];
  const reader = row.dialect.upstream?.createStreamReader((event) => events.push(event));
  for (let at = 0; at < bytes.length; ) {
    const next = at + step(at);
    reader?.push(bytes.slice(at, next));
    at = next;
  }
  reader?.finish();
  return events;
}

function assemble(row: ConformanceRow, events: readonly CanonicalEvent[]): ReplyAssembler {
  const assembler = new ReplyAssembler(row.dialect.name);
  for (const event of events) assembler.write(event);
  return assembler;
}

/** Text, calls, stop and usage: what must reach every caller. */
const essence = (reply: CanonicalReply, isOwn: boolean) => ({
  texts: textsOf(reply, 'text'),
  calls: (reply.candidates[0]?.parts ?? []).flatMap((part) => (part.type === 'tool_call' ? [callOf(part)] : [])),
  stop: reply.candidates[0]?.stop,
  total: reply.usage === null ? 0 : totalOf(reply.usage),
  reasoning: isOwn ? textsOf(reply, 'reasoning') : undefined,
});
const callOf = ({ id, name, arguments: text }: Extract<Part, { type: 'tool_call' }>) => [id, name, meantBy(text)];
/** Free text is one argument where a dialect has no tools of free text. */
function meantBy(text: string): unknown {
  const value = parseJsonText(text) ?? text;
  return isObject(value) && typeof value['input'] === 'string' && Object.keys(value).length === 1 ? value['input'] : value;
}
const textsOf = (reply: CanonicalReply, type: 'text' | 'reasoning'): string =>
  (reply.candidates[0]?.parts ?? [])
    .flatMap((part) => (part.type === type || (type === 'text' && part.type === 'refusal') ? [part.text] : []))
    .join('');

describe.each(streams.map((stream) => [stream.name, stream] as const))('%s', (_, { row, events }) => {
  const bytes = row.frame(events);
  const whole = read(row, bytes, () => bytes.length);
  const { error } = assemble(row, whole);
  const reply = assemble(row, whole).reply();

  test('is read whole, byte by byte and cut at random alike', () => {
    // A vendor's own error inside its stream is read as such; nothing of ours is.
    expect(error?.message ?? '').not.toMatch(/^The provider (sent|ended)/);
    expect(whole.at(-1)?.type).toBe(error === null ? 'end' : 'error');
    expect(read(row, bytes, () => 1)).toEqual(whole);
    for (const seed of [48_271, 69_621, 16_807]) expect(read(row, bytes, (at) => 1 + ((at * seed) % 911))).toEqual(whole);
    for (const { stop } of reply.candidates) expect(stop).not.toBe('other');
  });

  test('has buckets whose sum is the vendors total', () => {
    const total = row.total(events.map(parse));
    if (total !== null && error === null) expect(reply.usage && totalOf(reply.usage)).toBe(total);
  });

  test.each(callers.map((caller) => [caller.dialect.name, caller] as const))('reaches a caller of %s', (__, caller) => {
    const writer = caller.dialect.caller?.createStreamWriter(REPLY_CONTEXT);
    const pieces: Uint8Array[] = [];
    for (const event of whole) {
      writer?.write(event);
      pieces.push(writer?.take() ?? new Uint8Array());
    }
    const written = concatBytes(pieces);
    const again = assemble(
      caller,
      read(caller, written, () => written.length),
    );
    expect(again.error).toEqual(error === null ? null : expect.objectContaining({ class: error.class, message: error.message }));
    if (error !== null) return;
    const own = row === caller;
    const before = essence(reply, own);
    const after = essence(again.reply(), own);
    expect({ ...after, stop: nearestStop(after.stop) }).toEqual({ ...before, stop: nearestStop(before.stop) });
  });
});

describe.each(answers.map((answer) => [answer.name, answer] as const))('%s', (path, { row }) => {
  const bytes = new Uint8Array(readFileSync(join(folder ?? '', path)));
  const result = row.dialect.upstream?.readReply(bytes);

  test('is read, its usage in buckets whose sum is the vendors total', () => {
    expect(result?.ok).toBe(true);
    const total = row.total([parse(contentOf(path))]);
    if (result?.ok && total !== null) expect(result.value.usage && totalOf(result.value.usage)).toBe(total);
    for (const candidate of result?.ok ? result.value.candidates : []) expect(candidate.stop).not.toBe('other');
  });

  test.each(callers.map((caller) => [caller.dialect.name, caller] as const))('reaches a caller of %s', (_, caller) => {
    if (!result?.ok) throw new Error('not read');
    const written = caller.dialect.caller?.writeReply(result.value, REPLY_CONTEXT);
    const again = caller.dialect.upstream?.readReply(written?.body ?? new Uint8Array());
    if (!again?.ok) throw new Error(`not read again: ${decodeUtf8(written?.body ?? new Uint8Array())}`);
    const own = row === caller;
    const before = essence(result.value, own);
    const after = essence(again.value, own);
    expect({ ...after, stop: nearestStop(after.stop) }).toEqual({ ...before, stop: nearestStop(before.stop) });
  });
});
