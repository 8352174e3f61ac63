import {
  MESSAGE_HEADERS,
  NO_USAGE,
  type UpstreamCall,
  type UpstreamEnd,
  type UpstreamHead,
  type Usage,
} from '@tollgate/contracts';
import { decodeJson, type ErrorCode, encodeJson, encodeUtf8 } from '@tollgate/kernel';
import type { TraceContext } from '@tollgate/telemetry';
import type { ServerStream, StreamCancelReason } from '@tollgate/transport';
import type { CallParts } from '../dispatch/call-parts.js';
import { failOpening } from '../dispatch/fail-opening.js';
import { recordSpan } from '../dispatch/record-span.js';
import type { Target } from '../snapshot/target.js';
import { type DemoAnswer, makeDemoAnswer } from './demo-text.js';

/** Fast enough not to bore, slow enough that a stream is seen to be one. */
const PIECE_MS = 15;

/** One call to the built-in provider: real chat completions in shape, made here. */
export class DemoAttempt {
  /** Of the span: the answer begins at once. */
  readonly status = 200;
  readonly firstByteMs = 0;
  readonly trace: TraceContext;
  readonly startedAt: number;
  private readonly startMs: number;
  private readonly id: string;
  private answer: DemoAnswer | null = null;
  private next = 0;
  private recorded = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly parts: CallParts,
    private readonly stream: ServerStream,
    readonly call: UpstreamCall,
    readonly target: Target,
  ) {
    this.trace = parts.tracer.start(stream.headers[MESSAGE_HEADERS.traceparent] ?? null);
    this.startedAt = parts.clock.now();
    this.startMs = parts.clock.monotonic();
    this.id = `chatcmpl-demo-${Math.floor(this.startMs * 1000).toString(36)}`;
  }

  start(): void {
    const { stream, call } = this;
    try {
      this.answer = makeDemoAnswer(decodeJson(stream.body), call.maxOutputTokens);
    } catch {
      failOpening(stream, 'internal_error', 'The request could not be read.', 'the body of a demo call is no JSON');
      return;
    }
    stream.onCancel = (reason) => this.cancel(reason);
    this.sendHead(call.stream ? 'text/event-stream; charset=utf-8' : 'application/json');
    if (!call.stream) {
      stream.send(encodeJson(this.whole(this.answer)));
      this.end(this.answer);
      return;
    }
    this.sendChunks(this.firstDelta(this.answer), null);
    this.timer = setInterval(() => this.sendPiece(), PIECE_MS);
    stream.onDrain = () => {
      this.timer ??= setInterval(() => this.sendPiece(), PIECE_MS);
    };
  }

  private sendPiece(): void {
    const answer = this.answer as DemoAnswer;
    const piece = answer.pieces[this.next];
    this.next += 1;
    if (piece === undefined) {
      this.sendLast(answer);
      return;
    }
    const delta = answer.tool === null ? { content: piece } : { tool_calls: [{ index: 0, function: { arguments: piece } }] };
    if (this.sendChunks(() => delta, null)) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private sendLast(answer: DemoAnswer): void {
    clearInterval(this.timer);
    this.stream.onDrain = null;
    this.sendChunks(() => ({}), answer.finishReason);
    if (this.call.usageAsked) this.stream.send(event({ ...this.base(), choices: [], usage: usageJson(answer) }));
    this.stream.send(encodeUtf8('data: [DONE]\n\n'));
    this.end(answer);
  }

  private firstDelta({ tool }: DemoAnswer): (index: number) => object {
    if (tool === null) return () => ({ role: 'assistant', content: '' });
    return (index) => ({ role: 'assistant', content: null, tool_calls: [{ index: 0, ...this.toolCall(index, tool, '') }] });
  }

  private toolCall(index: number, name: string, text: string): object {
    return { id: `call_${this.id}-${index}`, type: 'function', function: { name, arguments: text } };
  }

  private sendHead(contentType: string): void {
    const head: UpstreamHead = { status: 200, contentType, upstreamRequestId: this.id, firstByteMs: this.elapsed() };
    this.stream.sendHead(encodeJson(head));
  }

  /** One chunk per answer; false where the receiver has to catch up. */
  private sendChunks(deltaOf: (index: number) => object, finishReason: string | null): boolean {
    let ready = true;
    for (let index = 0; index < (this.answer?.answers ?? 0); index += 1) {
      const choices = [{ index, delta: deltaOf(index), logprobs: null, finish_reason: finishReason }];
      ready = this.stream.send(event({ ...this.base(), choices })) && ready;
    }
    return ready;
  }

  private end(answer: DemoAnswer): void {
    const usage = usageOf(answer, answer.completionTokens);
    // What a vendor says of its own answer counts as reported, and here we are the vendor.
    const end: UpstreamEnd = { usage, basis: 'reported', durationMs: this.elapsed() };
    this.stream.end(encodeJson(end));
    this.record(null, usage);
  }

  /** Nobody listens any more; the last frame may have been on its way. */
  private cancel(reason: StreamCancelReason): void {
    clearInterval(this.timer);
    if (this.recorded) return;
    const answer = this.answer as DemoAnswer;
    const usage = usageOf(answer, Math.min(this.next, answer.completionTokens));
    this.record(reason === 'deadline' ? 'deadline_exceeded' : 'client_closed_request', usage);
  }

  private record(errorCode: ErrorCode | null, usage: Usage): void {
    this.recorded = true;
    this.parts.metrics.record(this.target.provider, this.status, null);
    recordSpan(this.parts, this, errorCode, { usage, basis: 'reported' }, this.startedAt + this.elapsed());
  }

  /** For the span alone. */
  get model(): string {
    return this.answer?.model ?? '';
  }

  private base() {
    const created = Math.floor(this.parts.clock.now() / 1000);
    return {
      id: this.id,
      object: 'chat.completion.chunk',
      created,
      model: this.answer?.model,
      system_fingerprint: 'tollgate-demo',
    };
  }

  private whole(answer: DemoAnswer) {
    const text = answer.pieces.join('');
    const { tool, finishReason } = answer;
    const choices = Array.from({ length: answer.answers }, (_, index) => ({
      index,
      message:
        tool === null
          ? { role: 'assistant', content: text, refusal: null }
          : { role: 'assistant', content: null, refusal: null, tool_calls: [this.toolCall(index, tool, text)] },
      logprobs: null,
      finish_reason: finishReason,
    }));
    return { ...this.base(), object: 'chat.completion', choices, usage: usageJson(answer) };
  }

  private elapsed(): number {
    return this.parts.clock.monotonic() - this.startMs;
  }
}

const event = (chunk: object): Uint8Array => encodeUtf8(`data: ${JSON.stringify(chunk)}\n\n`);

const usageOf = ({ promptTokens }: DemoAnswer, output: number): Usage => ({ ...NO_USAGE, input: promptTokens, output });

const usageJson = (answer: DemoAnswer) => ({
  prompt_tokens: answer.promptTokens,
  completion_tokens: answer.completionTokens,
  total_tokens: answer.promptTokens + answer.completionTokens,
});
