import type { UpstreamCall } from '@tollgate/contracts';
import {
  type CallerSide,
  type CanonicalError,
  type Dialect,
  defaultTarget,
  type Expectation,
  findDialect,
  type ReplyContext,
  type UpstreamSide,
} from '@tollgate/dialects';
import { decodeUtf8, fail, ok, type Result } from '@tollgate/kernel';
import type { Target } from '../snapshot/target.js';
import type { FailureDetails } from './answer-reader.js';
import { statusOfClass } from './classify-status.js';
import { sentModel } from './sent-model.js';

/** The two grammars of a call, and what the readers of its answer must know. Not for calls that stay in OpenAI's chat. */
export interface Conversation {
  readonly caller: CallerSide;
  readonly upstream: UpstreamSide;
  readonly vendor: Dialect;
  /** Of what the caller is sent, where it is written anew. */
  readonly streamType: string;
  /** Both are the same: the bytes pass, and are only read. */
  readonly same: boolean;
  readonly requestId: string;
  readonly context: ReplyContext;
  readonly requestBytes: number;
  /** The body that the provider is sent, where it is another than the caller's. */
  readonly body: Uint8Array | null;
  readonly expect: Expectation;
  readonly dropped: readonly string[];
}

export interface ConversationFacts {
  readonly requestId: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** From the bytes of the request. */
  readonly inputTokensEstimate: number;
}

/** Reads the caller's body and writes the provider's; the failure is the caller's own, so it says what was wrong and where. */
export function openConversation(
  call: UpstreamCall,
  target: Target,
  body: Uint8Array,
  { requestId, nowMs, inputTokensEstimate }: ConversationFacts,
): Result<Conversation, FailureDetails> {
  const [speaker, vendor] = [findDialect(call.dialect), findDialect(target.dialect)];
  if (speaker?.caller == null || vendor?.upstream == null) {
    const internalMessage = `${call.dialect} cannot be brought to ${target.dialect}`;
    return fail({ code: 'misconfigured', message: 'The deployment of this model cannot take the call.', internalMessage });
  }
  const model = sentModel(call, target, body);
  const common = {
    caller: speaker.caller,
    upstream: vendor.upstream,
    vendor,
    streamType: speaker.streamType,
    same: speaker === vendor,
    requestId,
    context: {
      now: Math.floor(nowMs / 1000),
      id: requestId,
      model,
      includeUsage: call.usageAsked,
      inputTokensEstimate,
    },
    requestBytes: body.length,
  };
  if (common.same) return ok({ ...common, body: null, expect: {}, dropped: [] });
  const read = speaker.caller.readRequest(body, {
    stream: call.stream,
    ...(call.model === undefined ? {} : { model: call.model }),
  });
  if (!read.ok) {
    const { code, message, param } = read.error;
    return fail({ code, message, ...(param === null ? {} : { param }) });
  }
  const asked = read.value.maxOutputTokens;
  const cap = call.maxOutputTokens;
  const bounded = cap === null || (asked !== undefined && asked <= cap) ? read.value : { ...read.value, maxOutputTokens: cap };
  const written = vendor.upstream.writeRequest(
    bounded,
    defaultTarget(model, {
      maxOutputTokens: call.modelOutputTokensMax ?? null,
      maxTokensField: target.maxOutputField === 'max_completion_tokens' ? 'max_completion_tokens' : 'max_tokens',
      streamUsage: target.asksForUsage,
    }),
  );
  if (written.refused.length > 0) {
    const what = written.refused.join(', ');
    const message = `This model cannot take ${what}: leave it out, or use another model.`;
    const [param] = written.refused;
    return fail({ code: 'invalid_request', message, ...(param === undefined ? {} : { param }) });
  }
  return ok({ ...common, ...written });
}

/** A provider's error in the caller's words; its text is shown where it speaks of the caller's request and not of our account. */
export function failureOf(conversation: Conversation, error: CanonicalError, own: string | null): FailureDetails {
  const { code, message, relayed } = statusOfClass(error.class);
  const { caller, same, requestId } = conversation;
  const body = !relayed ? null : same && own !== null ? own : decodeUtf8(caller.writeError(error, requestId).body);
  return { code, message, internalMessage: `status ${error.status ?? 'none'}: ${error.message}`, body };
}
