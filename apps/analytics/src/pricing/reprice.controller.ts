import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { type Reprice, RepriceSchema, type Repricing, USAGE_OPERATIONS } from '@tollgate/contracts';
import type { Clock } from '@tollgate/kernel';
import { CLOCK, dataSourceToken, Permission, TRANSPORT, ZodBody } from '@tollgate/nest';
import type { Transport } from '@tollgate/transport';
import type { DataSource } from 'typeorm';
import { fetchPrices } from './fetch-prices.js';
import { reprice } from './reprice.js';

@Controller('api/v1/usage')
export class RepriceController {
  constructor(
    @Inject(dataSourceToken('analytics')) private readonly dataSource: DataSource,
    @Inject(TRANSPORT) private readonly transport: Transport,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post('reprice')
  @HttpCode(200)
  @Permission(USAGE_OPERATIONS.repriceUsage)
  async reprice(@ZodBody(RepriceSchema) body: Reprice): Promise<Repricing> {
    const toMs = body.to === undefined ? this.clock.now() : Date.parse(body.to);
    const wish = { fromMs: Date.parse(body.from), toMs, dryRun: body.dry_run };
    return reprice(this.dataSource, wish, await fetchPrices(this.transport));
  }
}
