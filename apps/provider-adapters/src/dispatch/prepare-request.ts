import type { UpstreamCall } from '@tollgate/contracts';
import { capContent, editRequest } from '@tollgate/dialects';
import type { Dispatcher } from 'undici';
import type { Target } from '../snapshot/target.js';
import type { Conversation } from './conversation.js';
import { requestHeaders } from './request-headers.js';
import { sentModel } from './sent-model.js';

/** Larger bodies are not copied together but written piece by piece. */
const JOINED_BYTES_MAX = 1024 * 1024;

/** What undici sends: the caller's own bytes with the few edits that the house allows. Throws `RangeError` where the spans do not fit. */
export function prepareRequest(
  call: UpstreamCall,
  target: Target,
  body: Uint8Array,
  traceparent: string | null,
  conversation: Conversation | null,
): Dispatcher.DispatchOptions {
  const path = call.stream ? target.streamPath : target.path;
  if (conversation !== null && conversation.body !== null) {
    const headers = requestHeaders(call.stream ? target.streamHeaders : target.answerHeaders, {}, traceparent);
    return { path, method: 'POST', headers: headers as string[], body: conversation.body };
  }
  const pieces = edited(call, target, body);
  const headers = requestHeaders(call.stream ? target.streamHeaders : target.answerHeaders, call.headers, traceparent);
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return { path, method: 'POST', headers: headers as string[], body: only };
  let length = 0;
  for (const piece of pieces) length += piece.length;
  if (length <= JOINED_BYTES_MAX)
    return { path, method: 'POST', headers: headers as string[], body: Buffer.concat(pieces, length) };
  return {
    path,
    method: 'POST',
    headers: [...headers, 'content-length', String(length)],
    // undici writes the elements of any iterable; its types name only streams.
    body: pieces as unknown as Buffer,
  };
}

function edited(call: UpstreamCall, target: Target, body: Uint8Array): Uint8Array[] {
  const { maxOutputTokens } = call;
  // The model is in the path there, and the bound of the answer not at the top.
  if (target.dialect === 'gemini') return maxOutputTokens === null ? [body] : capContent(body, maxOutputTokens);
  return editRequest(body, call.spans, {
    model: sentModel(call, target, body),
    ...(maxOutputTokens === null ? {} : { maxOutputTokens, maxOutputField: target.maxOutputField }),
    includeUsage: call.stream && target.asksForUsage,
  });
}
