import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { type QuotaLeaseReply, QuotaLeaseRequestSchema, SUBJECTS } from '@tollgate/contracts';
import { QuotaAuthority } from './quota-authority.js';

@Controller()
export class QuotaHandler {
  constructor(@Inject(QuotaAuthority) private readonly authority: QuotaAuthority) {}

  @MessagePattern(SUBJECTS.quotaLease)
  async lease(@Payload() data: unknown): Promise<QuotaLeaseReply> {
    return this.authority.lease(QuotaLeaseRequestSchema.parse(data));
  }
}
