import type { QuotaLeaseReply, QuotaLeaseRequest, RateLimit } from '@tollgate/contracts';

export type LeaseAsk = QuotaLeaseRequest['leases'][number];
export type LeaseAnswer = Extract<QuotaLeaseReply, { status: 'ok' }>['leases'][number];

/** A limit as a router counts it; of slots `rate.limit` = `rate.burst` and the period has no meaning. */
export interface CountedLimit {
  /** For instance `requests:tok_...`. */
  readonly bucket: string;
  readonly kind: 'requests' | 'tokens' | 'concurrency';
  readonly rate: RateLimit;
}

/**
 * taken: admitted. need_lease: send {@link LocalQuota.nextRequest}, wait with {@link LocalQuota.whenSettled}, ask again.
 * refused: over the limit (429 rate_limit_exceeded). unavailable: the authority is out of reach and nothing is left of what
 * it granted (429 quota_unavailable). too_large: more than the limit ever admits at once.
 */
export type TakeVerdict = 'taken' | 'need_lease' | 'refused' | 'unavailable' | 'too_large';

/** For the x-ratelimit headers; milliseconds from now. */
export interface QuotaView {
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
  readonly retryAfterMs: number;
}
