import type { Call } from './call.js';
import { writeChunk } from './write-chunk.js';

/** Hands bytes to the caller's socket and lets the upstream go on only as fast as the caller takes them. */
export function passOn(call: Call, chunk: Uint8Array): void {
  call.responseBytes += chunk.length;
  call.movedAt = call.gate.clock.monotonic();
  if (writeChunk(call, chunk)) call.attempt?.stream?.consumed(chunk.length);
  else call.heldCredit += chunk.length;
}

/** The socket has taken what was waiting. */
export function passedOn(call: Call): void {
  const bytes = call.heldCredit;
  if (bytes === 0) return;
  call.heldCredit = 0;
  call.attempt?.stream?.consumed(bytes);
}
