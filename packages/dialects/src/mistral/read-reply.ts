import { ok, type Result } from '@tollgate/kernel';
import type { CanonicalError } from '../canonical/canonical-error.js';
import type { CanonicalReply } from '../canonical/canonical-reply.js';
import type { EventSink, Expectation, StreamReader } from '../canonical/dialect.js';
import { unwrapCustomCalls } from '../canonical/free-text-sink.js';
import { unwrapCustom } from '../canonical/free-text-tool.js';
import { readReply as readChatReply } from '../openai-chat/read-reply.js';
import { createStreamReader as createChatStreamReader } from '../openai-chat/stream-reader.js';

/**
 * An answer of Mistral (https://docs.mistral.ai/api/endpoint/chat): a chat completion whose content may be chunks (text,
 * thinking, references) and whose stop may be `model_length`, all of which the reader of OpenAI's grammar knows.
 */
export function readReply(body: Uint8Array, expect: Expectation = {}): Result<CanonicalReply, CanonicalError> {
  const reply = readChatReply(body);
  if (!reply.ok) return reply;
  const candidates = reply.value.candidates.map((candidate) => ({
    ...candidate,
    parts: candidate.parts.map((part) => unwrapCustom(part, expect)),
  }));
  return ok({ ...reply.value, source: 'mistral', candidates });
}

export const createStreamReader = (sink: EventSink, expect: Expectation = {}): StreamReader =>
  createChatStreamReader(unwrapCustomCalls(sink, expect));
