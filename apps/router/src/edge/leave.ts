import type { Call } from './call.js';
import { cutAttempt } from './cut-attempt.js';
import { settle } from './settle.js';

const nothing = (): void => undefined;

/** The caller is gone: stop the upstream at once and settle what was used. */
export function leave(call: Call): void {
  if (call.over) return;
  cutAttempt(call, 'client_closed_request');
  call.chunks = [];
  call.errorCode = 'client_closed_request';
  call.statusSent = 499;
  settle(call, 'cancelled', nothing);
}
