import { EMPTY_BYTES } from '@tollgate/kernel';
import type { StreamFailure } from './transport.js';

export const streamFailure = (code: StreamFailure['code'], message: string, meta: Uint8Array = EMPTY_BYTES): StreamFailure => ({
  code,
  message,
  meta,
});

/** Failures whose reason is the same for every stream, made once. */
export const FAILURES = {
  deadline: streamFailure('deadline', 'the deadline of the stream has passed'),
  peerLost: streamFailure('peer_lost', 'the serving process has fallen silent'),
  gap: streamFailure('gap', 'a frame of the stream was lost'),
  disconnected: streamFailure('disconnected', 'the message bus is out of reach'),
  closed: streamFailure('closed', 'the transport has been closed'),
  overrun: streamFailure('protocol', 'the sender went on without credit'),
} as const;

export const noResponders = (subject: string): StreamFailure => streamFailure('no_responders', `nobody serves ${subject}`);
