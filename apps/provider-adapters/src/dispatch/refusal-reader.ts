import { NO_USAGE } from '@tollgate/contracts';
import type { SettledUsage } from '@tollgate/dialects';
import { concatBytes, decodeUtf8, EMPTY_BYTES } from '@tollgate/kernel';
import { type AnswerHeaders, readRetryAfter } from '@tollgate/providers';
import type { AnswerReader, AnswerSink } from './answer-reader.js';
import { type Conversation, failureOf } from './conversation.js';

const BODY_BYTES_MAX = 64 * 1024;
const REFUSED: SettledUsage = { usage: NO_USAGE, basis: 'none' };

/** The body of an answer other than 2xx, in any dialect; of a longer one than the bound nothing is read. */
export class RefusalReader implements AnswerReader {
  private chunks: Uint8Array[] = [];
  private length = 0;

  constructor(
    private readonly sink: AnswerSink,
    private readonly conversation: Conversation,
    private readonly start: { readonly status: number; readonly headers: AnswerHeaders; readonly nowMs: number },
  ) {}

  push(chunk: Uint8Array): void {
    this.length += chunk.length;
    if (this.length > BODY_BYTES_MAX) this.fail(EMPTY_BYTES);
    else this.chunks.push(chunk);
  }

  end(): void {
    this.fail(concatBytes(this.chunks));
  }

  settle(): SettledUsage {
    return REFUSED;
  }

  private fail(body: Uint8Array): void {
    const { status, headers, nowMs } = this.start;
    const error = this.conversation.upstream.readError(status, body);
    const own = parsed(body);
    const shown = typeof own === 'object' && own !== null ? decodeUtf8(body) : null;
    const retryAfterMs = readRetryAfter(headers, own, nowMs) ?? error.retryAfterMs ?? null;
    this.sink.fail({ ...failureOf(this.conversation, error, shown), retryAfterMs });
  }
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(decodeUtf8(body));
  } catch {
    return null;
  }
}
