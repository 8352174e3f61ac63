import type { Usage } from '@tollgate/contracts';
import { encodeJson } from '@tollgate/kernel';
import type { CanonicalReply } from '../canonical/canonical-reply.js';
import { deriveStop } from '../canonical/derive-stop.js';
import type { ReplyContext, Written } from '../canonical/dialect.js';
import { Drops } from '../canonical/drops.js';
import type { StopReason } from '../canonical/stop-reason.js';
import type { JsonObject } from '../json/json-value.js';
import { itemId, writeCallProof, writeOutputItem } from './output-item.js';
import { writeUsage } from './usage.js';

export function writeReply(reply: CanonicalReply, context: ReplyContext): Written {
  const drops = new Drops();
  const own = reply.source === 'openai-responses';
  if (!own) drops.addRest(reply.rest);
  if (reply.candidates.length > 1) drops.add('n');
  const [candidate] = reply.candidates;
  if (!own) drops.addRest(candidate?.rest);
  const parts = candidate?.parts ?? [];
  const id = reply.id || context.id;
  let logprobs = candidate?.logprobs;
  const output: JsonObject[] = [];
  for (const part of parts) {
    output.push(...writeCallProof(part, `rs_${id}_${output.length}`));
    const item = writeOutputItem(
      part,
      itemId(part, id, output.length),
      'completed',
      drops,
      part.type === 'text' ? logprobs : undefined,
    );
    if (part.type === 'text') logprobs = undefined;
    if (item !== null) output.push(item);
  }
  const head = { id, createdAt: reply.createdAt ?? context.now, model: reply.model || context.model };
  const stop = deriveStop(candidate?.stop ?? 'stop', parts);
  const body = { ...writeResponse(head, statusOf(stop), output, reply.usage), ...(own ? reply.rest : undefined) };
  return { body: encodeJson(body), dropped: drops.names() };
}

export interface ResponseHead {
  readonly id: string;
  readonly createdAt: number;
  readonly model: string;
}

export interface ResponseStatus {
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed';
  readonly reason: 'max_output_tokens' | 'content_filter' | null;
}

export function statusOf(stop: StopReason): ResponseStatus {
  if (stop === 'length' || stop === 'context_window') return { status: 'incomplete', reason: 'max_output_tokens' };
  if (stop === 'content_filter') return { status: 'incomplete', reason: 'content_filter' };
  return { status: 'completed', reason: null };
}

/** The object of a response; what it repeats of the request stands at its defaults. */
export function writeResponse(
  head: ResponseHead,
  { status, reason }: ResponseStatus,
  output: readonly JsonObject[],
  usage: Usage | null,
): JsonObject {
  return {
    id: head.id,
    object: 'response',
    created_at: head.createdAt,
    status,
    error: null,
    incomplete_details: reason === null ? null : { reason },
    instructions: null,
    max_output_tokens: null,
    model: head.model,
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: false,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage: usage === null ? undefined : writeUsage(usage),
    metadata: {},
  };
}
