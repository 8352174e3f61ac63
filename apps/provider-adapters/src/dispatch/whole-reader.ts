import { NO_USAGE } from '@tollgate/contracts';
import { estimateInput, estimateOutput, type SettledUsage } from '@tollgate/dialects';
import { concatBytes } from '@tollgate/kernel';
import type { AnswerReader, AnswerSink } from './answer-reader.js';
import { type Conversation, failureOf } from './conversation.js';

/** An answer that must be whole before it can be read; what a model writes in text stays far below. */
const BYTES_MAX = 32 * 1024 * 1024;

/** A whole JSON answer in any dialect: its bytes, or another grammar's for what they say. */
export class WholeReader implements AnswerReader {
  private chunks: Uint8Array[] = [];
  private length = 0;
  private settled: SettledUsage | null = null;

  constructor(
    private readonly sink: AnswerSink,
    private readonly conversation: Conversation,
  ) {}

  push(chunk: Uint8Array): void {
    this.length += chunk.length;
    if (this.length <= BYTES_MAX) this.chunks.push(chunk);
    else {
      this.chunks = [];
      this.sink.fail({ code: 'upstream_invalid', message: 'The provider sent an answer that is too large.' });
    }
  }

  end(): void {
    const { caller, upstream, context, expect, same } = this.conversation;
    const body = concatBytes(this.chunks);
    this.chunks = [];
    const reply = upstream.readReply(body, expect);
    if (!reply.ok) {
      const failure = failureOf(this.conversation, reply.error, null);
      const invalid = reply.error.class === 'server';
      this.sink.fail(
        invalid ? { ...failure, code: 'upstream_invalid', message: 'The provider sent something that is no answer.' } : failure,
      );
      return;
    }
    const { usage } = reply.value;
    this.settled = usage === null ? this.estimate('counted') : { usage, basis: 'reported' };
    this.sink.emit(same ? body : caller.writeReply(reply.value, context).body);
    this.sink.complete();
  }

  settle(): SettledUsage {
    return this.settled ?? this.estimate('estimated');
  }

  private estimate(basis: SettledUsage['basis']): SettledUsage {
    const input = estimateInput(this.conversation.requestBytes);
    return { usage: { ...NO_USAGE, input, output: estimateOutput(this.length) }, basis };
  }
}
