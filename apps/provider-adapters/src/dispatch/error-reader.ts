import { NO_USAGE } from '@tollgate/contracts';
import { readError, type SettledUsage } from '@tollgate/dialects';
import { concatBytes, decodeUtf8 } from '@tollgate/kernel';
import { type AnswerHeaders, readRetryAfter } from '@tollgate/providers';
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
    private readonly start: { readonly status: number; readonly headers: AnswerHeaders; readonly nowMs: number },
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
    const { status, headers, nowMs } = this.start;
    const { code, message, relayed } = classifyRefusal(status, error);
    this.sink.fail({
      code,
      message,
      internalMessage: `status ${status}: ${error?.message ?? 'no readable body'}`,
      retryAfterMs: readRetryAfter(headers, text === null ? null : parsed(text), nowMs),
      body: relayed ? (error?.body ?? null) : null,
    });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
