import type { UsageAttempt } from '@tollgate/contracts';
import type { ClientStream, StreamFailure, StreamReceiver } from '@tollgate/transport';

/** What the relay does with the frames of an attempt. */
export interface AttemptSteps<C> {
  onHead(call: C, attempt: AttemptReceiver<C>, meta: Uint8Array): void;
  onData(call: C, attempt: AttemptReceiver<C>, chunk: Uint8Array): void;
  onEnd(call: C, attempt: AttemptReceiver<C>, meta: Uint8Array): void;
  onError(call: C, attempt: AttemptReceiver<C>, failure: StreamFailure): void;
}

/** One try at one deployment, as the transport sees it. After `over` nothing that still arrives counts. */
export class AttemptReceiver<C> implements StreamReceiver {
  stream: ClientStream | null = null;
  over = false;
  /** The bus was there when it was dispatched. */
  connected = true;
  contentType = '';
  /** Names of what the provider's dialect has no place for. */
  dropped = '';
  /** Of a whole answer: kept until its end, so that it leaves in one piece with its price. */
  kept: Uint8Array[] = [];
  keptBytes = 0;
  /** The chunk with `[DONE]`: goes after the settlement. */
  last: Uint8Array | null = null;
  /** SSE events passed on: what a cut stream is estimated by. */
  frames = 0;

  constructor(
    private readonly call: C,
    private readonly steps: AttemptSteps<C>,
    readonly row: UsageAttempt,
    readonly startedMono: number,
  ) {}

  onHead(meta: Uint8Array): void {
    if (!this.over) this.steps.onHead(this.call, this, meta);
  }
  onData(chunk: Uint8Array): void {
    if (!this.over) this.steps.onData(this.call, this, chunk);
  }
  onEnd(meta: Uint8Array): void {
    if (!this.over) this.steps.onEnd(this.call, this, meta);
  }
  onError(failure: StreamFailure): void {
    if (!this.over) this.steps.onError(this.call, this, failure);
  }
}
