import { Inject, Injectable } from '@nestjs/common';
import type { QuotaLeaseReply, QuotaLeaseRequest } from '@tollgate/contracts';
import { type Clock, newId, type RandomBytes } from '@tollgate/kernel';
import { CLOCK, RANDOM_BYTES } from '@tollgate/nest';
import { ControlPool } from '../database/control-pool.js';
import { BatchedWork } from './batched-work.js';
import { leaseQuota } from './lease-quota.js';

/** Leases slices of shared limits. */
@Injectable()
export class QuotaAuthority {
  private readonly leases: BatchedWork<QuotaLeaseRequest, QuotaLeaseReply>;

  constructor(
    @Inject(ControlPool) pool: ControlPool,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RANDOM_BYTES) private readonly randomBytes: RandomBytes,
  ) {
    this.leases = new BatchedWork(pool, (client, requests) => leaseQuota(client, requests, this.newLeaseId));
  }

  async lease(request: QuotaLeaseRequest): Promise<QuotaLeaseReply> {
    return (await this.leases.ask(request)) ?? { status: 'stale' };
  }

  private readonly newLeaseId = (): string => newId('lease', this.clock.now(), this.randomBytes);
}
