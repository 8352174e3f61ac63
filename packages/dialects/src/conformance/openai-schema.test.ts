import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeUtf8 } from '@tollgate/kernel';
import { Ajv } from 'ajv';
import { beforeAll, describe, expect, test } from 'vitest';
import { replayReply } from '../canonical/replay-reply.js';
import { openaiChat } from '../openai-chat/dialect.js';
import { openaiResponses } from '../openai-responses/dialect.js';
import { REPLY_CONTEXT } from './carry.js';
import { REPLY_FEATURES, replyOf } from './reply-features.js';

/** Where the vendor's own OpenAPI document lies, outside of the repository. */
const FOLDER = process.env['SCHEMAS_DIR'];

/** `nullable` is OpenAPI 3.0 in a document of 3.1: JSON Schema knows no null beside a `$ref` or an `enum`. */
function spellOutNull(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('nullable' in value)) return value;
  const { nullable, ...rest } = value;
  return nullable === true ? { anyOf: [rest, { type: 'null' }] } : rest;
}

/** A real stream says `"usage":null` in each chunk where usage was asked for; the document allows an object only. */
const withoutNullUsage = (text: string): unknown =>
  JSON.parse(text, (name, inner: unknown) => (name === 'usage' && inner === null ? undefined : inner));

let ajv: Ajv;
beforeAll(() => {
  if (FOLDER === undefined) return;
  ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(JSON.parse(readFileSync(join(FOLDER, 'openai-openapi.json'), 'utf8'), spellOutNull) as object, 'openai');
});

function complaints(schema: string, value: unknown): readonly string[] {
  const validate = ajv.getSchema(`openai#/components/schemas/${schema}`);
  if (validate === undefined) throw new Error(`The document has no ${schema}`);
  if (validate(value)) return [];
  return [...new Set((validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`))];
}

const features = REPLY_FEATURES.map((feature) => [feature.name, feature] as const);

describe.skipIf(FOLDER === undefined)("OpenAI's published schema (skipped where SCHEMAS_DIR is not set)", () => {
  describe.each([
    ['chat', openaiChat, 'CreateChatCompletionResponse', 'CreateChatCompletionStreamResponse'],
    ['responses', openaiResponses, 'Response', 'ResponseStreamEvent'],
  ] as const)('%s', (_, dialect, answerSchema, eventSchema) => {
    test.each(features)('holds for an answer with: %s', (__, feature) => {
      const written = dialect.caller?.writeReply(replyOf(feature), REPLY_CONTEXT);
      expect(complaints(answerSchema, withoutNullUsage(decodeUtf8(written?.body ?? new Uint8Array())))).toEqual([]);
    });

    test.each(features)('holds for each event of a stream with: %s', (__, feature) => {
      const writer = dialect.caller?.createStreamWriter(REPLY_CONTEXT);
      replayReply(replyOf(feature), (event) => writer?.write(event));
      const frames = decodeUtf8(writer?.take() ?? new Uint8Array()).split('\n\n');
      const texts = frames.flatMap((frame) => /^data: (\{.*)$/m.exec(frame)?.[1] ?? []);
      expect(texts.length).toBeGreaterThan(2);
      for (const text of texts) expect(complaints(eventSchema, withoutNullUsage(text)), text).toEqual([]);
    });
  });
});
