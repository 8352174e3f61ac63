import { NO_USAGE } from '@tollgate/contracts';
import { readError, type SettledUsage } from '@tollgate/dialects';
import { concatBytes, decodeUtf8 } from '@tollgate/kernel';
import type { AnswerReader, AnswerSink } from './answer-reader.js';
import { classifyRefusal } from './classify-status.js';

const BODY_BYTES_MAX = 64 * 1024;
const REFUSED: SettledUsage = { usage: NO_USAGE, basis: 'none' };

/** The body of an answer other than 2xx; of a longer one than the bound nothing is shown. */
export class ErrorReader implements AnswerReader {
  private readonly chunks: Uint8Array[] = [];
  private length = 0;

  constructor(
    private readonly sink: AnswerSink,
    private readonly status: number,
    private readonly retryAfterMs: number | null,
  ) {}

  push(chunk: Uint8Array): void {
    this.length += chunk.length;
    if (this.length > BODY_BYTES_MAX) this.fail(null);
    else this.chunks.push(chunk);
  }

  end(): void {
    this.fail(this.length === 0 ? null : decodeUtf8(concatBytes(this.chunks)));
  }

  settle(): SettledUsage {
    return REFUSED;
  }

  private fail(text: string | null): void {
    const error = text === null ? null : readError(text);
    const { code, message, relayed } = classifyRefusal(this.status, error);
    this.sink.fail({
      code,
      message,
      internalMessage: `status ${this.status}: ${error?.message ?? 'no readable body'}`,
      retryAfterMs: this.retryAfterMs,
      body: relayed ? (error?.body ?? null) : null,
    });
  }
}
