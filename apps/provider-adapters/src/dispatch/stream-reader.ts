import { readError, type SettledUsage, StreamWatcher } from '@tollgate/dialects';
import type { AnswerReader, AnswerSink } from './answer-reader.js';
import { classifyErrorObject } from './classify-status.js';

const NO_ERROR = { code: null, type: null };

/** A chat stream: bytes through, watched. */
export class StreamReader implements AnswerReader {
  private readonly watcher: StreamWatcher;

  constructor(
    private readonly sink: AnswerSink,
    usageAsked: boolean,
    private readonly requestBytes: number,
  ) {
    this.watcher = new StreamWatcher({ usageAsked, onBytes: (bytes) => sink.emit(bytes) });
  }

  push(chunk: Uint8Array): void {
    const state = this.watcher.push(chunk);
    // After [DONE] nothing follows that matters; an upstream that keeps the connection open does not keep the caller.
    if (state === 'complete') this.sink.complete();
    else if (state === 'error') this.failWithEvent();
    else if (state === 'invalid')
      this.sink.fail({ code: 'upstream_invalid', message: 'The provider sent a stream that is none.' });
  }

  end(): void {
    const whole = this.watcher.finish();
    if (this.watcher.state === 'error') this.failWithEvent();
    else if (whole) this.sink.complete();
    else if (this.watcher.started)
      this.sink.fail({ code: 'upstream_closed', message: 'The provider ended its stream before it was complete.' });
    else this.sink.fail({ code: 'upstream_invalid', message: 'The provider sent a stream without any event.' });
  }

  settle(): SettledUsage {
    return this.watcher.settle(this.requestBytes);
  }

  private failWithEvent(): void {
    const error = readError(this.watcher.errorBody ?? '');
    const { code, message, relayed } = classifyErrorObject(error ?? NO_ERROR);
    this.sink.fail({
      code,
      message,
      internalMessage: `error event: ${error?.message ?? 'without a message'}`,
      body: relayed ? (error?.body ?? null) : null,
    });
  }
}
