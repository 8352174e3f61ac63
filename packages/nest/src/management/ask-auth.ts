import { decodeJson, encodeJson, TollgateError } from '@tollgate/kernel';
import type { Transport } from '@tollgate/transport';

const TIMEOUT_MS = 2_000;

/** The answer as JSON; 503 where auth gives none. */
export async function askAuth(transport: Transport, subject: string, question: unknown): Promise<unknown> {
  try {
    return decodeJson(await transport.request(subject, encodeJson(question), { timeoutMs: TIMEOUT_MS }));
  } catch (cause) {
    throw unverifiable(cause);
  }
}

export const unverifiable = (cause: unknown): TollgateError =>
  new TollgateError('token_unverifiable', 'Who calls cannot be checked right now.', {
    retryAfterMs: 1_000,
    internalMessage: cause === null ? 'auth is stale' : 'auth did not answer',
    cause,
  });
