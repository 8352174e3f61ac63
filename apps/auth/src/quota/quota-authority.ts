import { Inject, Injectable } from '@nestjs/common';
import type { QuotaLeaseReply, QuotaLeaseRequest } from '@tollgate/contracts';
import { type Clock, newId, type RandomBytes } from '@tollgate/kernel';
import { CLOCK, RANDOM_BYTES } from '@tollgate/nest';
import { ControlPool, STALE } from '../database/control-pool.js';
import { leaseQuota } from './lease-quota.js';

const STALE_REPLY: QuotaLeaseReply = { status: 'stale' };
const BATCH_MAX = 64;
/** More than this waiting means that Postgres cannot keep up: those at the end are told at once. */
const QUEUE_MAX = 2_048;

interface Waiting {
  readonly request: QuotaLeaseRequest;
  answer(reply: QuotaLeaseReply): void;
  refuse(error: unknown): void;
}

/**
 * Leases slices of shared limits. Requests that arrive while a transaction is under way share the next one: a limit that
 * many routers press on costs one commit per turn, not one per router.
 */
@Injectable()
export class QuotaAuthority {
  private waiting: Waiting[] = [];
  private working = false;

  constructor(
    @Inject(ControlPool) private readonly pool: ControlPool,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RANDOM_BYTES) private readonly randomBytes: RandomBytes,
  ) {}

  lease(request: QuotaLeaseRequest): Promise<QuotaLeaseReply> {
    if (this.waiting.length >= QUEUE_MAX) return Promise.resolve(STALE_REPLY);
    return new Promise((answer, refuse) => {
      this.waiting.push({ request, answer, refuse });
      if (!this.working) void this.work();
    });
  }

  private async work(): Promise<void> {
    this.working = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, BATCH_MAX);
      try {
        const requests = batch.map(({ request }) => request);
        const replies = await this.pool.run((client) => leaseQuota(client, requests, this.newLeaseId));
        batch.forEach(({ answer }, index) => {
          answer(replies === STALE ? STALE_REPLY : (replies[index] ?? STALE_REPLY));
        });
      } catch (error) {
        for (const { refuse } of batch) refuse(error);
      }
    }
    this.working = false;
  }

  private readonly newLeaseId = (): string => newId('lease', this.clock.now(), this.randomBytes);
}
