import type { Json } from './json.js';

/** What is wrong, in words that every vendor has an error for. */
export type RefusalKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'too_large'
  | 'rate_limited'
  | 'server_error'
  | 'unavailable'
  | 'overloaded';

export interface RefusalDetails {
  /** Overrides the vendor's status for the kind. */
  readonly status?: number;
  /** Overrides the vendor's name for the kind. */
  readonly type?: string;
  readonly param?: string | null;
  readonly code?: string | null;
  readonly retryAfterMs?: number;
  /** Laid over the error object as it is. */
  readonly extra?: Json;
}

/** A request that the vendor would not serve; each vendor writes it in its own envelope. */
export class Refusal extends Error {
  readonly kind: RefusalKind;
  readonly details: RefusalDetails;

  constructor(kind: RefusalKind, message: string, details: RefusalDetails = {}) {
    super(message);
    this.kind = kind;
    this.details = details;
  }
}

export function refuse(message: string, details: RefusalDetails = {}): never {
  throw new Refusal('invalid', message, details);
}

/** What a status means where only the status is wanted, as a fault. */
export function refusalOfStatus(status: number, retryAfterMs: number): Refusal {
  const kinds: Readonly<Record<number, RefusalKind>> = {
    401: 'unauthenticated',
    403: 'forbidden',
    404: 'not_found',
    413: 'too_large',
    429: 'rate_limited',
    503: 'unavailable',
    529: 'overloaded',
  };
  const kind = kinds[status] ?? (status >= 500 ? 'server_error' : 'invalid');
  return new Refusal(kind, `Simulated ${status}`, {
    status,
    ...(kind === 'rate_limited' || kind === 'overloaded' || kind === 'unavailable' ? { retryAfterMs } : {}),
  });
}
