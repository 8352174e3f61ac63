import type { UpstreamFailure } from '@tollgate/contracts';
import type { TollgateError } from '@tollgate/kernel';
import type { Call } from './call.js';
import { codeOf } from './refuse.js';
import { settle } from './settle.js';
import { endChunks } from './write-chunk.js';

/** The status is out already: a stream ends with an error event, a whole answer by a cut that no client takes for complete. */
export function breakStream(call: Call, failure: TollgateError | UpstreamFailure): void {
  if (call.over) return;
  call.errorCode = codeOf(failure);
  if (call.stream) {
    call.lastBytes = call.ingress.writeErrorEvent(failure, call.id);
    call.responseBytes += call.lastBytes.length;
    settle(call, 'interrupted', endWithEvent);
  } else settle(call, 'interrupted', cut);
}

function endWithEvent(call: Call): void {
  if (!call.response.destroyed) endChunks(call, call.lastBytes);
}

function cut(call: Call): void {
  call.response.destroy();
}
