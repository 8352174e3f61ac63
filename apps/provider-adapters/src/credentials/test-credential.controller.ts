import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { type CredentialTestReply, CredentialTestRequestSchema, SUBJECTS } from '@tollgate/contracts';
import type { Adapter } from '../adapter.js';
import { ADAPTER } from '../tokens.js';

/** Tries a key for the catalogue, which cannot open it. */
@Controller()
export class TestCredentialController {
  constructor(@Inject(ADAPTER) private readonly adapter: Adapter) {}

  @MessagePattern(SUBJECTS.credentialTest)
  test(@Payload() data: unknown): Promise<CredentialTestReply> {
    return this.adapter.testCredential(CredentialTestRequestSchema.parse(data));
  }
}
