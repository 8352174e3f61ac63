import type { CanonicalEvent, SettledUsage, StreamReader, StreamWriter } from '@tollgate/dialects';
import { EMPTY_BYTES } from '@tollgate/kernel';
import type { AnswerReader, AnswerSink } from './answer-reader.js';
import { type Conversation, failureOf } from './conversation.js';
import { DialectUsage } from './dialect-usage.js';

/** An upstream that says nothing but beginnings and pings is cut off here. */
const HELD_BYTES_MAX = 256 * 1024;

/**
 * A stream in any dialect: its bytes, or another grammar's for what they say. Held until the first thing that is part of the
 * answer: an error before it can be tried elsewhere, although its status was 200.
 */
export class EventReader implements AnswerReader {
  private readonly reader: StreamReader;
  private readonly writer: StreamWriter | null;
  private readonly usage = new DialectUsage();
  private held: Uint8Array[] | null = [];
  private heldBytes = 0;
  /** Something of the answer itself has come. */
  private begun = false;
  /** The last event has been seen; its bytes may still have to pass. */
  private ending = false;
  private over = false;

  constructor(
    private readonly sink: AnswerSink,
    private readonly conversation: Conversation,
  ) {
    const { caller, upstream, context, expect, same } = conversation;
    this.reader = upstream.createStreamReader((event) => this.see(event), expect);
    this.writer = same ? null : caller.createStreamWriter(context);
  }

  push(chunk: Uint8Array): void {
    if (this.over) return;
    this.reader.push(chunk);
    this.pass(this.writer === null ? chunk : this.writer.take());
    if (this.over) return;
    if (this.heldBytes > HELD_BYTES_MAX) {
      this.over = true;
      this.sink.fail({ code: 'upstream_invalid', message: 'The provider sent a stream that is none.' });
    }
  }

  end(): void {
    if (this.over) return;
    this.reader.finish();
    // Of a grammar without a last event (Gemini) this is the end.
    this.pass(this.writer?.take() ?? EMPTY_BYTES);
  }

  settle(): SettledUsage {
    return this.usage.settle(this.conversation.requestBytes);
  }

  private see(event: CanonicalEvent): void {
    if (this.over) return;
    this.usage.see(event);
    if (event.type === 'error') {
      this.over = true;
      this.sink.fail(failureOf(this.conversation, event.error, null));
      return;
    }
    if (event.type !== 'start' && event.type !== 'usage') this.begun = true;
    this.writer?.write(event);
    if (event.type === 'end') this.ending = true;
  }

  private pass(bytes: Uint8Array): void {
    if (this.over) return;
    if (this.held !== null && !this.begun) {
      this.held.push(bytes);
      this.heldBytes += bytes.length;
      return;
    }
    for (const held of this.held ?? []) if (held.length > 0) this.sink.emit(held);
    this.held = null;
    this.heldBytes = 0;
    if (bytes.length > 0) this.sink.emit(bytes);
    if (!this.ending) return;
    this.over = true;
    this.sink.complete();
  }
}
