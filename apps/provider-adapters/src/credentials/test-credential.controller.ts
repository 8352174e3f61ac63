import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { type CredentialTestReply, CredentialTestRequestSchema, SUBJECTS, UpstreamProbeRequestSchema } from '@tollgate/contracts';
import type { Adapter } from '../adapter.js';
import { ADAPTER } from '../tokens.js';

/** Tries a key for the catalogue, and for routers whether what has been failing answers again: only adapters can open keys. */
@Controller()
export class TestCredentialController {
  constructor(@Inject(ADAPTER) private readonly adapter: Adapter) {}

  @MessagePattern(SUBJECTS.upstreamProbe)
  probe(@Payload() data: unknown): Promise<CredentialTestReply> {
    return this.adapter.probe(UpstreamProbeRequestSchema.parse(data).deploymentId);
  }

  @MessagePattern(SUBJECTS.credentialTest)
  test(@Payload() data: unknown): Promise<CredentialTestReply> {
    return this.adapter.testCredential(CredentialTestRequestSchema.parse(data));
  }
}
