import { objectsOf } from '../engine/json.js';
import type { Refusal } from '../engine/refusal.js';
import { namedEvent, SSE_TYPE } from '../engine/sse.js';
import { type Call, type ChatFormat, type Frame, frame, MALFORMED_EVENT, type Said } from '../engine/vendor.js';
import { openAiError } from '../openai-chat/write-refusal.js';
import { itemsOf, readResponses } from './read-responses.js';
import { outputItems, responseId, writeResponse } from './write-response.js';
import { writeResponseFrames } from './write-response-frames.js';

const STORED_MAX = 1_000;

/** Kept unless `store` is false, so that a later response can go on from it. */
function remember(said: Said): void {
  const { call } = said;
  if (call.body?.store === false) return;
  const earlier = objectsOf(call.memory.get(String(call.body?.previous_response_id))?.items);
  call.memory.set(responseId(said), { items: [...earlier, ...itemsOf(call.body?.input), ...outputItems(said)] });
  const [oldest] = call.memory.keys();
  if (call.memory.size > STORED_MAX && oldest !== undefined) call.memory.delete(oldest);
}

/** First the error, then the response that it ended. */
function writeErrorFrames(refusal: Refusal, call: Call): Frame {
  const { error } = openAiError(refusal) as { error: { message: string; code: string | null } };
  const failed = {
    id: `resp_${call.id}`,
    object: 'response',
    status: 'failed',
    error: { code: 'server_error', message: error.message },
    output: [],
    usage: null,
  };
  const frames = [
    namedEvent('error', { type: 'error', sequence_number: 2, error }),
    namedEvent('response.failed', { type: 'response.failed', sequence_number: 3, response: failed }),
  ];
  return frame(frames.map(({ bytes }) => bytes).join(''));
}

export const RESPONSES: ChatFormat = {
  read: readResponses,
  writeWhole(said) {
    remember(said);
    return writeResponse(said, said.reply.end === 'length' ? 'incomplete' : 'completed', outputItems(said));
  },
  writeFrames(said) {
    remember(said);
    return writeResponseFrames(said);
  },
  writeErrorFrame: writeErrorFrames,
  streamType: () => SSE_TYPE,
  malformedFrame: MALFORMED_EVENT,
};
