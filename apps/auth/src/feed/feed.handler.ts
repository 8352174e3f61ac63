import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { type FeedReadReply, FeedReadRequestSchema, SUBJECTS } from '@tollgate/contracts';
import { ControlPool, STALE } from '../database/control-pool.js';
import { readFeed } from './read-feed.js';

@Controller()
export class FeedHandler {
  constructor(@Inject(ControlPool) private readonly pool: ControlPool) {}

  @MessagePattern(SUBJECTS.feedRead)
  async read(@Payload() data: unknown): Promise<FeedReadReply> {
    const { after } = FeedReadRequestSchema.parse(data);
    const tail = await this.pool.run((client) => readFeed(client, after));
    if (tail === STALE) return { status: 'stale' };
    const { sequence, events } = tail;
    return events === null ? { status: 'truncated', sequence } : { status: 'ok', sequence, events: [...events] };
  }
}
