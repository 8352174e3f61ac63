import { decodeUtf8 } from '@tollgate/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CanonicalRequest } from '../canonical/canonical-request.js';
import { defaultTarget } from '../canonical/default-target.js';
import type { CanonicalMessage } from '../canonical/message.js';
import type { Part } from '../canonical/part.js';
import { CONFORMANCE_ROWS } from './rows.js';

const words = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }).filter((text) => text.trim() !== '');
const base64 = fc.base64String({ minLength: 4, maxLength: 16 });
const text: fc.Arbitrary<Part> = words.map((value) => ({ type: 'text', text: value }));
const image: fc.Arbitrary<Part> = base64.map((data) => ({
  type: 'image',
  source: { kind: 'base64', mediaType: 'image/png', data },
}));
const pdf: fc.Arbitrary<Part> = base64.map((data) => ({
  type: 'file',
  filename: 'a.pdf',
  source: { kind: 'base64', mediaType: 'application/pdf', data },
}));
const json = fc
  .dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 })
  .map((value) => JSON.stringify(value));
const thought: fc.Arbitrary<Part> = fc.tuple(words, base64).map(([value, data]) => ({
  type: 'reasoning',
  text: value,
  signature: { format: 'anthropic', data },
}));

const userMessage: fc.Arbitrary<CanonicalMessage> = fc
  .array(fc.oneof(text, image, pdf), { minLength: 1, maxLength: 3 })
  .map((parts) => ({ role: 'user', parts }));
/** A turn of the assistant and, where it has called, the results. */
const exchange: fc.Arbitrary<CanonicalMessage[]> = fc
  .tuple(
    fc.option(thought),
    fc.array(text, { maxLength: 2 }),
    fc.array(fc.tuple(json, fc.array(fc.oneof(text, image), { maxLength: 2 })), { maxLength: 3 }),
    fc.nat(),
  )
  .map(([reasoning, said, called, seed]) => {
    const id = (at: number): string => `call_${seed}_${at}`;
    const calls = called.map(([args], at): Part => ({ type: 'tool_call', id: id(at), name: `tool_${at}`, arguments: args }));
    const parts = [...(reasoning ? [reasoning] : []), ...said, ...calls];
    const results = called.map(
      ([, content], at): Part => ({ type: 'tool_result', callId: id(at), name: `tool_${at}`, parts: content }),
    );
    const assistant: CanonicalMessage[] = parts.length > 0 ? [{ role: 'assistant', parts }] : [];
    return results.length > 0 ? [...assistant, { role: 'tool', parts: results }] : assistant;
  });
const schema = fc.constant({
  type: 'object',
  properties: { a: { type: 'string' } },
  required: ['a'],
  additionalProperties: false,
});
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

const requests: fc.Arbitrary<Omit<CanonicalRequest, 'source'>> = fc
  .record({
    system: maybe(text),
    turns: fc.array(fc.tuple(userMessage, exchange), { minLength: 1, maxLength: 4 }),
    tools: maybe(fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 })),
    schema: maybe(schema),
    temperature: maybe(fc.double({ min: 0, max: 2, noNaN: true })),
    topP: maybe(fc.double({ min: 0, max: 1, noNaN: true })),
    stop: maybe(fc.array(words, { minLength: 1, maxLength: 6 })),
    maxOutputTokens: maybe(fc.integer({ min: 1, max: 100_000 })),
    effort: maybe(fc.constantFrom('none', 'low', 'high' as const)),
    seed: maybe(fc.nat()),
    candidates: maybe(fc.integer({ min: 1, max: 4 })),
    stream: fc.boolean(),
  })
  .map(({ system, turns, tools, schema: wanted, effort, ...rest }) => ({
    ...rest,
    model: 'a-model',
    includeUsage: true,
    messages: [
      ...(system ? [{ role: 'system', parts: [system] } as const] : []),
      ...turns.flatMap(([said, more]) => [said, ...more]),
    ],
    tools: tools?.map((name) => ({ type: 'function', name, parameters: { type: 'object' } }) as const),
    responseFormat: wanted && { type: 'json_schema', name: 'answer', schema: wanted, strict: true },
    reasoning: effort && ({ effort } as const),
  }));

const parse = (bytes: Uint8Array): unknown => JSON.parse(decodeUtf8(bytes));
const textsOf = (request: Omit<CanonicalRequest, 'source'>): string[] =>
  request.messages.flatMap(({ parts }) =>
    parts.flatMap((part) => {
      if (part.type === 'tool_result') return part.parts.flatMap((inner) => (inner.type === 'text' ? [inner.text] : []));
      return part.type === 'text' ? [part.text] : [];
    }),
  );

describe.each(CONFORMANCE_ROWS.map((row) => [row.dialect.name, row] as const))('%s', (name, { dialect, target }) => {
  const facts = defaultTarget('a-model', target);

  test.skipIf(dialect.caller === null || dialect.upstream === null)(
    'what was written is read and written again to the letter',
    () => {
      fc.assert(
        fc.property(requests, (request) => {
          const first = dialect.upstream?.writeRequest({ ...request, source: name }, facts);
          const read = dialect.caller?.readRequest(first?.body ?? new Uint8Array(), { model: 'a-model', stream: request.stream });
          if (!read?.ok) throw new Error(`refused: ${read?.error.message}`);
          const second = dialect.upstream?.writeRequest(read.value, facts);
          expect(parse(second?.body ?? new Uint8Array())).toEqual(parse(first?.body ?? new Uint8Array()));
          expect(second?.dropped).toEqual([]);
        }),
        { numRuns: 300 },
      );
    },
  );

  test('every text of the conversation is in the body, whatever is dropped', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const written = dialect.upstream?.writeRequest({ ...request, source: 'ollama' }, facts);
        const body = JSON.stringify(parse(written?.body ?? new Uint8Array()));
        // A result that is JSON may stand there as JSON.
        for (const value of textsOf(request))
          if (!value.startsWith('{')) expect(body).toContain(JSON.stringify(value).slice(1, -1));
      }),
      { numRuns: 300 },
    );
  });
});
