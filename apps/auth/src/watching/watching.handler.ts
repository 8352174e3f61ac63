import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { SUBJECTS, type WatchReply, WatchReportSchema } from '@tollgate/contracts';
import { Watcher } from './watcher.js';

@Controller()
export class WatchingHandler {
  constructor(@Inject(Watcher) private readonly watcher: Watcher) {}

  @MessagePattern(SUBJECTS.watchReport)
  async report(@Payload() data: unknown): Promise<WatchReply> {
    const { sightings } = WatchReportSchema.parse(data);
    return { status: (await this.watcher.sightings(sightings)) ? 'ok' : 'stale' };
  }
}
