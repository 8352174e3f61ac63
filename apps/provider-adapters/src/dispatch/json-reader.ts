import { AnswerWatcher, readError, type SettledUsage } from '@tollgate/dialects';
import type { AnswerReader, AnswerSink } from './answer-reader.js';
import { classifyErrorObject } from './classify-status.js';

/** Up to here an answer is held until it is whole, so that one that breaks off can be tried elsewhere. */
const HELD_BYTES_MAX = 256 * 1024;

/** A whole JSON answer: bytes through, checked as they pass. */
export class JsonReader implements AnswerReader {
  private readonly watcher = new AnswerWatcher();
  private held: Uint8Array[] | null = [];
  private heldLength = 0;

  constructor(
    private readonly sink: AnswerSink,
    private readonly requestBytes: number,
  ) {}

  push(chunk: Uint8Array): void {
    if (!this.watcher.push(chunk)) {
      this.sink.fail({ code: 'upstream_invalid', message: 'The provider sent an answer that is no JSON object.' });
      return;
    }
    if (this.held === null) {
      this.sink.emit(chunk);
      return;
    }
    this.held.push(chunk);
    this.heldLength += chunk.length;
    if (this.heldLength > HELD_BYTES_MAX) this.release();
  }

  end(): void {
    const verdict = this.watcher.finish();
    if (verdict === 'invalid') {
      this.sink.fail({ code: 'upstream_invalid', message: 'The provider sent an answer that is no whole JSON object.' });
    } else if (verdict === 'error' && this.held !== null) this.failWithBody();
    else {
      this.release();
      this.sink.complete();
    }
  }

  settle(): SettledUsage {
    return this.watcher.settle(this.requestBytes);
  }

  private release(): void {
    const held = this.held ?? [];
    this.held = null;
    for (const chunk of held) this.sink.emit(chunk);
  }

  private failWithBody(): void {
    const error = readError(this.watcher.errorBody ?? '');
    const { code, message, relayed } = classifyErrorObject(error ?? { code: null, type: null });
    this.sink.fail({
      code,
      message,
      internalMessage: `error in a 200: ${error?.message ?? 'without a message'}`,
      body: relayed ? (error?.body ?? null) : null,
    });
  }
}
