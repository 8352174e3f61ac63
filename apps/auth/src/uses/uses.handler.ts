import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { SUBJECTS, type TokenUse, type TokenUsedReply, TokenUsedReportSchema } from '@tollgate/contracts';
import { dataSourceToken } from '@tollgate/nest';
import type { DataSource } from 'typeorm';
import { ControlPool, STALE } from '../database/control-pool.js';
import { FeedPublisher } from '../feed/feed-publisher.js';
import type { Mint } from '../tokens/create-token.js';
import { MINT } from '../tokens/mint-token.js';
import { Watcher } from '../watching/watcher.js';
import { recordUses } from './record-uses.js';
import { renewDigests } from './renew-digests.js';

@Controller()
export class UsesHandler {
  constructor(
    @Inject(ControlPool) private readonly pool: ControlPool,
    @Inject(dataSourceToken('auth')) private readonly dataSource: DataSource,
    @Inject(FeedPublisher) private readonly publisher: FeedPublisher,
    @Inject(MINT) private readonly mint: Mint,
    @Inject(Watcher) private readonly watcher: Watcher,
  ) {}

  @MessagePattern(SUBJECTS.tokenUsed)
  async report(@Payload() data: unknown): Promise<TokenUsedReply> {
    const { uses } = TokenUsedReportSchema.parse(data);
    if (!(await this.watcher.uses(uses))) return { status: 'stale' };
    if ((await this.pool.run((client) => recordUses(client, uses))) === STALE) return { status: 'stale' };
    await this.renew(uses.filter(({ renewed }) => renewed !== undefined));
    return { status: 'ok' };
  }

  private async renew(uses: readonly TokenUse[]): Promise<void> {
    if (uses.length === 0) return;
    const [current] = this.mint.peppers;
    const renewed = await this.dataSource.transaction((manager) => renewDigests(manager, uses, current));
    if (renewed > 0) this.publisher.publishSoon();
  }
}
