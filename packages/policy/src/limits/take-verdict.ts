import type { QuotaLeaseReply, QuotaLeaseRequest } from '@tollgate/contracts';

export type LeaseAsk = QuotaLeaseRequest['leases'][number];
export type LeaseAnswer = Extract<QuotaLeaseReply, { status: 'ok' }>['leases'][number];

/**
 * taken: admitted. need_lease: send {@link LocalQuota.nextRequest}, wait with {@link LocalQuota.whenSettled}, ask again.
 * refused: over the limit (429 rate_limit_exceeded). unavailable: the authority is out of reach and nothing is left of what
 * it granted (429 quota_unavailable).
 */
export type TakeVerdict = 'taken' | 'need_lease' | 'refused' | 'unavailable';

/** For the x-ratelimit headers; milliseconds from now. */
export interface QuotaView {
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
  readonly retryAfterMs: number;
}
