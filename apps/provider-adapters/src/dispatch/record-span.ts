import type { UpstreamCall } from '@tollgate/contracts';
import type { SettledUsage } from '@tollgate/dialects';
import type { ErrorCode } from '@tollgate/kernel';
import { ATTRIBUTES, SPAN_NAMES, type SpanAttributes, type TraceContext, type Tracer } from '@tollgate/telemetry';
import type { Target } from '../snapshot/target.js';

export interface FinishedCall {
  readonly trace: TraceContext;
  readonly call: UpstreamCall;
  readonly target: Target;
  /** The name under which the upstream was asked; looked up only where the span is wanted. */
  readonly model: string;
  readonly status: number | null;
  readonly firstByteMs: number | null;
  readonly startedAt: number;
}

/** The one span of a call at the adapter, made when all is known and only where it is wanted. */
export function recordSpan(
  { tracer }: { readonly tracer: Tracer },
  finished: FinishedCall,
  errorCode: ErrorCode | null,
  settled: SettledUsage,
  endMs: number,
): void {
  if (!tracer.wants(finished.trace, errorCode !== null)) return;
  tracer.record({
    context: finished.trace,
    name: `${SPAN_NAMES.upstream} ${finished.model}`,
    kind: 'client',
    startMs: finished.startedAt,
    endMs,
    attributes: attributesOf(finished, errorCode, settled),
    ...(errorCode === null ? {} : { errorCode }),
  });
}

function attributesOf(
  { call, target, model, status, firstByteMs }: FinishedCall,
  errorCode: ErrorCode | null,
  { usage, basis }: SettledUsage,
): SpanAttributes {
  return {
    [ATTRIBUTES.genAiOperation]: 'chat',
    [ATTRIBUTES.genAiProvider]: target.provider,
    [ATTRIBUTES.genAiRequestModel]: model,
    [ATTRIBUTES.genAiInputTokens]: usage.input + usage.cacheRead + usage.cacheWrite + usage.inputAudio,
    [ATTRIBUTES.genAiOutputTokens]: usage.output + usage.reasoning + usage.outputAudio,
    [ATTRIBUTES.usageBasis]: basis,
    [ATTRIBUTES.serverAddress]: target.origin,
    [ATTRIBUTES.urlPath]: target.path,
    [ATTRIBUTES.deploymentId]: call.deploymentId,
    [ATTRIBUTES.attempt]: call.attempt,
    [ATTRIBUTES.stream]: call.stream,
    ...(status === null ? {} : { [ATTRIBUTES.httpStatus]: status }),
    ...(firstByteMs === null ? {} : { [ATTRIBUTES.firstByteMs]: firstByteMs }),
    ...(errorCode === null ? {} : { [ATTRIBUTES.errorType]: errorCode }),
  };
}
