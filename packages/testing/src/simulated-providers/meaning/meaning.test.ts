import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Ask } from './ask.js';
import { decideReply } from './decide-reply.js';
import { exampleOfSchema } from './example-of-schema.js';
import { promptTotal } from './reply.js';
import { splitPieces } from './split-pieces.js';

const ASK: Ask = {
  model: 'm',
  stream: false,
  prompt: 'hello',
  promptTokens: 100,
  markedTokens: 0,
  cachesMarkedOnly: false,
  media: [],
  tools: [{ name: 'weather', schema: { type: 'object', properties: { city: { enum: ['Oslo', 'Bergen'] } } } }],
  choice: { kind: 'auto' },
  parallel: true,
  results: [],
  resultsSoFar: 0,
  schema: null,
  thinking: false,
  maxTokens: null,
  stops: [],
  user: null,
};

test('pieces join to the text that they were cut from', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(splitPieces(text).join('')).toBe(text);
    }),
  );
});

test('no answer is longer than it may be, and the prompt is in disjoint buckets', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('hello', '@say one two three', '@call weather {"city":"Oslo"}', '@think a b c d\n@say e f'),
      fc.nat(12),
      fc.nat(150),
      fc.boolean(),
      (prompt, maxTokens, cached, thinking) => {
        const { buckets } = decideReply({ ...ASK, prompt: `${prompt}\n@cached ${cached}`, maxTokens, thinking });
        expect(buckets.answer + buckets.reasoning).toBeLessThanOrEqual(maxTokens);
        expect(promptTotal(buckets)).toBe(ASK.promptTokens);
        expect(Math.min(buckets.fresh, buckets.cacheRead, buckets.cacheWritten)).toBeGreaterThanOrEqual(0);
      },
    ),
  );
});

test('the same ask gives the same reply', () => {
  expect(decideReply(ASK)).toEqual(decideReply({ ...ASK }));
  expect(decideReply(ASK).text).not.toBe(decideReply({ ...ASK, prompt: 'goodbye' }).text);
});

test('a tool that was not offered is not called', () => {
  expect(decideReply({ ...ASK, prompt: '@call fire' })).toMatchObject({
    calls: [],
    text: expect.stringContaining('There is no tool fire.'),
  });
});

test('no parallel calls where they are switched off', () => {
  const prompt = '@call weather {"city":"Oslo"}\n@call weather {"city":"Bergen"}';
  expect(decideReply({ ...ASK, prompt }).calls).toHaveLength(2);
  expect(decideReply({ ...ASK, prompt, parallel: false }).calls).toHaveLength(1);
});

test('only what is marked is cached, where the vendor wants marks', () => {
  const { buckets } = decideReply({ ...ASK, prompt: '@cached 30', cachesMarkedOnly: true, markedTokens: 80 });
  expect(buckets).toMatchObject({ fresh: 20, cacheRead: 30, cacheWritten: 50 });
});

test('an example follows references and takes the first of a choice', () => {
  const schema = {
    type: 'object',
    properties: { a: { $ref: '#/$defs/b' }, c: { anyOf: [{ const: 3 }, {}] } },
    $defs: { b: { enum: ['x', 'y'] } },
  };
  expect(exampleOfSchema(schema)).toEqual({ a: 'x', c: 3 });
});
