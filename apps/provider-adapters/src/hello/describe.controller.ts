import { Controller, Inject } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { type AdapterHello, SUBJECTS } from '@tollgate/contracts';
import { ADAPTER_HELLO } from '../tokens.js';

/** Answers who asks for an adapter: the catalogue at its boot. */
@Controller()
export class DescribeController {
  constructor(@Inject(ADAPTER_HELLO) private readonly hello: AdapterHello) {}

  @MessagePattern(SUBJECTS.adapterDescribe)
  describe(): AdapterHello {
    return this.hello;
  }
}
