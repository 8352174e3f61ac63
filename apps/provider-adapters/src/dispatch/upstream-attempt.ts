import {
  MESSAGE_HEADERS,
  NO_USAGE,
  type UpstreamCall,
  type UpstreamEnd,
  type UpstreamFailure,
  type UpstreamHead,
} from '@tollgate/contracts';
import { estimateInput, type SettledUsage } from '@tollgate/dialects';
import { type ErrorCode, encodeJson } from '@tollgate/kernel';
import type { TraceContext } from '@tollgate/telemetry';
import type { ServerStream, StreamCancelReason } from '@tollgate/transport';
import type { Dispatcher } from 'undici';
import type { Target } from '../snapshot/target.js';
import type { AnswerReader, AnswerSink, FailureDetails } from './answer-reader.js';
import type { CallParts } from './call-parts.js';
import type { Swept } from './call-sweep.js';
import { chooseReader } from './choose-reader.js';
import { classifyError, describeError } from './classify-error.js';
import { type Conversation, openConversation } from './conversation.js';
import { prepareRequest } from './prepare-request.js';
import { recordSpan } from './record-span.js';
import { redactBody } from './redact-body.js';
import { sentModel } from './sent-model.js';

type Phase = 'connect' | 'first_byte' | 'body' | 'draining' | 'over';

/** The dialect of most calls, whose bytes pass without being read anew. */
const PLAIN = 'openai-chat';
const NOTHING: SettledUsage = { usage: NO_USAGE, basis: 'none' };
/** One for all calls: an error object takes a stack trace, which costs more than the abort. */
const OVER = new Error('the call is over');
/** How long an upstream may keep a connection open after its answer is complete. */
const DRAIN_MS = 1_000;
/** We end a call a little before the transport does, so that its usage still reaches the router. */
const DEADLINE_SLACK_MS = 100;
const DEADLINE_SLACK_FROM_MS = 1_000;

/**
 * One call to one upstream, from the opened stream to its last frame. It is undici's handler, the sink of its answer's
 * reader and what the sweep looks at: one object per call.
 */
export class UpstreamAttempt implements Dispatcher.DispatchHandler, Swept, AnswerSink {
  /** Of the sweep. */
  place = -1;
  status: number | null = null;
  upstreamRequestId: string | null = null;
  firstByteMs: number | null = null;
  readonly trace: TraceContext;
  readonly startedAt: number;
  private readonly startMs: number;
  private readonly deadlineMs: number;
  private phase: Phase = 'connect';
  private dueMs: number;
  private controller: Dispatcher.DispatchController | null = null;
  private reader: AnswerReader | null = null;
  private conversation: Conversation | null = null;
  private contentType = '';
  private headSent = false;
  /** What the last frame says; that frame may still wait for the receiver's credit. */
  private final: SettledUsage | null = null;
  private paused = false;

  constructor(
    private readonly parts: CallParts,
    private readonly stream: ServerStream,
    readonly call: UpstreamCall,
    readonly target: Target,
  ) {
    this.trace = parts.tracer.start(stream.headers[MESSAGE_HEADERS.traceparent] ?? null);
    this.startedAt = parts.clock.now();
    this.startMs = parts.clock.monotonic();
    this.dueMs = this.startMs + call.timeouts.connectMs;
    const slack = stream.deadlineMs > DEADLINE_SLACK_FROM_MS ? DEADLINE_SLACK_MS : 0;
    this.deadlineMs = this.startMs + stream.deadlineMs - slack;
  }

  start(): void {
    const { parts, stream, target } = this;
    stream.onCancel = (reason) => this.cancel(reason);
    stream.onDrain = () => this.resume();
    parts.sweep.add(this);
    const traceparent = parts.tracesUpstream ? parts.tracer.traceparent(this.trace) : null;
    let request: Dispatcher.DispatchOptions;
    try {
      if (!this.converse()) return;
      request = prepareRequest(this.call, target, stream.body, traceparent, this.conversation);
    } catch (error) {
      this.fail({ code: 'internal_error', message: 'The request could not be prepared.', internalMessage: describeError(error) });
      return;
    }
    parts.pools.of(target.origin, target.allowPrivateNetwork).dispatch(request, this);
  }

  /** Reads the body where it does not simply pass; false where the call is over by what it holds. */
  private converse(): boolean {
    const { call, target, stream } = this;
    if (call.dialect === PLAIN && target.dialect === PLAIN) return true;
    const opened = openConversation(call, target, stream.body, {
      requestId: stream.headers[MESSAGE_HEADERS.requestId] ?? '',
      nowMs: this.startedAt,
      inputTokensEstimate: estimateInput(this.requestBytes),
    });
    if (opened.ok) this.conversation = opened.value;
    else this.fail(opened.error);
    return opened.ok;
  }

  /** For the span alone. */
  get model(): string {
    try {
      return sentModel(this.call, this.target, this.stream.body);
    } catch {
      // A call of which the spans do not fit was never sent.
      return '';
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.phase !== 'connect') {
      controller.abort(OVER);
      return;
    }
    this.controller = controller;
    this.phase = 'first_byte';
    this.dueMs = this.parts.clock.monotonic() + this.call.timeouts.firstByteMs;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200 || this.phase === 'over') return;
    this.status = status;
    this.upstreamRequestId = firstText(headers['x-request-id'] ?? headers['request-id']);
    this.contentType = this.typeOf(firstText(headers['content-type']) ?? '');
    const choice = chooseReader(this, {
      status,
      headers,
      stream: this.call.stream,
      usageAsked: this.call.usageAsked,
      requestBytes: this.requestBytes,
      nowMs: this.startedAt + this.elapsed(),
      conversation: this.conversation,
    });
    if ('code' in choice) {
      this.fail(choice);
      return;
    }
    this.reader = choice;
    // Of a stream the first event counts, not the status line.
    if (!this.call.stream || status >= 300) this.beginBody();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.phase === 'draining' || this.phase === 'over') return;
    if (this.phase === 'body') this.dueMs = this.parts.clock.monotonic() + this.call.timeouts.idleMs;
    this.reader?.push(chunk);
  }

  onResponseEnd(): void {
    this.controller = null;
    if (this.phase === 'draining') this.leave();
    else if (this.phase !== 'over') this.reader?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.controller = null;
    if (this.phase === 'draining') this.leave();
    if (this.phase === 'over') return;
    this.fail({ ...classifyError(error, this.phase !== 'connect'), internalMessage: describeError(error) });
  }

  emit(bytes: Uint8Array): void {
    if (this.phase === 'over') return;
    if (!this.headSent) {
      this.headSent = true;
      if (this.phase === 'first_byte') this.beginBody();
      this.stream.sendHead(encodeJson(this.head()));
    }
    if (this.stream.send(bytes) || this.paused) return;
    this.paused = true;
    this.controller?.pause();
  }

  complete(): void {
    if (this.phase === 'over' || this.phase === 'draining') return;
    const { usage, basis } = this.settle();
    this.final = { usage, basis };
    if (!this.headSent) {
      this.headSent = true;
      this.stream.sendHead(encodeJson(this.head()));
    }
    const end: UpstreamEnd = { usage, basis, durationMs: this.elapsed() };
    this.stream.end(encodeJson(end));
    this.record(null, { usage, basis });
    if (this.controller === null) {
      this.leave();
      return;
    }
    this.phase = 'draining';
    this.dueMs = this.parts.clock.monotonic() + DRAIN_MS;
    if (this.paused) this.controller.resume();
    this.paused = false;
  }

  fail(details: FailureDetails): void {
    if (this.phase === 'over' || this.phase === 'draining') return;
    const { target } = this;
    const settled = this.settle();
    this.final = settled;
    const internal = details.internalMessage ?? null;
    const body = details.body ?? null;
    const failure: UpstreamFailure = {
      code: details.code,
      message: details.message,
      ...(details.param === undefined ? {} : { param: details.param }),
      internalMessage: internal === null ? null : redactBody(internal.slice(0, 1024), target.secret),
      status: this.status,
      retryAfterMs: details.retryAfterMs ?? null,
      upstreamRequestId: this.upstreamRequestId,
      body: body === null ? null : redactBody(body, target.secret),
      ...settled,
      firstByteMs: this.firstByteMs,
      durationMs: this.elapsed(),
    };
    this.leave();
    this.stream.fail(encodeJson(failure));
    this.record(details.code, settled);
  }

  onSweep(nowMs: number): void {
    if (this.phase === 'draining') {
      if (nowMs >= this.dueMs) this.leave();
      return;
    }
    if (nowMs >= this.deadlineMs) {
      this.fail({ code: 'deadline_exceeded', message: 'The call took longer than it was allowed to.' });
    } else if (nowMs >= this.dueMs && !this.paused) this.failLate();
  }

  private failLate(): void {
    const { connectMs, firstByteMs, idleMs } = this.call.timeouts;
    if (this.phase === 'connect') this.failWaiting(connectMs);
    else if (this.phase === 'first_byte') {
      const internalMessage = `no first byte within ${firstByteMs} ms`;
      this.fail({ code: 'upstream_timeout', message: 'The provider did not begin to answer in time.', internalMessage });
    } else {
      const internalMessage = `silent for ${idleMs} ms`;
      this.fail({ code: 'upstream_timeout', message: 'The provider stopped in the middle of its answer.', internalMessage });
    }
  }

  private failWaiting(connectMs: number): void {
    const { origin, allowPrivateNetwork } = this.target;
    if (this.parts.pools.isFull(origin, allowPrivateNetwork)) {
      const internalMessage = `all connections to ${origin} are in use: raise TOLLGATE_ADAPTER_CONNECTIONS_MAX`;
      this.fail({ code: 'overloaded', message: 'The gateway is at its limit of calls to this provider.', internalMessage });
      return;
    }
    const internalMessage = `no connection to ${origin} within ${connectMs} ms`;
    this.fail({ code: 'upstream_unreachable', message: 'The provider could not be reached in time.', internalMessage });
  }

  /** The peer is gone: the upstream's socket is destroyed at once, and what was used is reported, since no frame can carry it. */
  private cancel(reason: StreamCancelReason): void {
    const settled = this.final ?? this.settle();
    const first = this.final === null;
    this.final = settled;
    this.leave();
    if (first) this.record(reason === 'deadline' ? 'deadline_exceeded' : 'client_closed_request', settled);
    if (settled.basis !== 'none') this.report(settled);
  }

  private report(settled: SettledUsage): void {
    const id = this.stream.headers[MESSAGE_HEADERS.requestId];
    if (id === undefined) return;
    this.parts.reporter.report({
      v: 1,
      id,
      attempt: this.call.attempt,
      status: this.status,
      ...settled,
      durationMs: this.elapsed(),
      firstByteMs: this.firstByteMs,
      upstreamRequestId: this.upstreamRequestId,
    });
  }

  private resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.dueMs = this.parts.clock.monotonic() + this.call.timeouts.idleMs;
    this.controller?.resume();
  }

  /** Nothing of this call goes on: what is left of the upstream's answer is not wanted. */
  private leave(): void {
    this.phase = 'over';
    this.parts.sweep.remove(this);
    const controller = this.controller;
    this.controller = null;
    controller?.abort(OVER);
  }

  private beginBody(): void {
    const now = this.parts.clock.monotonic();
    this.phase = 'body';
    this.firstByteMs = now - this.startMs;
    this.dueMs = now + this.call.timeouts.idleMs;
  }

  private settle(): SettledUsage {
    if (this.reader !== null) return this.reader.settle();
    if (this.phase === 'connect') return NOTHING;
    // The upstream may have read all of it and said nothing yet.
    return { usage: { ...NO_USAGE, input: estimateInput(this.requestBytes) }, basis: 'estimated' };
  }

  private head(): UpstreamHead {
    const dropped = this.conversation?.dropped;
    return {
      status: this.status ?? 200,
      contentType: this.contentType,
      upstreamRequestId: this.upstreamRequestId,
      firstByteMs: this.firstByteMs ?? this.elapsed(),
      ...(dropped === undefined || dropped.length === 0 ? {} : { dropped: [...dropped] }),
    };
  }

  /** What is written anew has a type of its own. */
  private typeOf(upstream: string): string {
    const { conversation, call } = this;
    if (conversation === null || conversation.same) return upstream;
    return call.stream ? conversation.streamType : 'application/json';
  }

  private record(errorCode: ErrorCode | null, settled: SettledUsage): void {
    this.parts.metrics.record(this.target.provider, this.status, this.firstByteMs);
    recordSpan(this.parts, this, errorCode, settled, this.startedAt + this.elapsed());
  }

  private elapsed(): number {
    return this.parts.clock.monotonic() - this.startMs;
  }

  private get requestBytes(): number {
    return this.stream.body.length;
  }
}

/** A header that came once or several times; the first counts, bounded and printable. */
function firstText(value: string | string[] | undefined): string | null {
  const text = Array.isArray(value) ? value[0] : value;
  return text === undefined || text.length > 256 ? null : text;
}
