import { Inject, Injectable } from '@nestjs/common';
import type { FeedEvent } from '@tollgate/contracts';
import { isConnectionError } from '@tollgate/database';
import { type Clock, TollgateError } from '@tollgate/kernel';
import { CLOCK, dataSourceToken } from '@tollgate/nest';
import type { AuditFact } from '@tollgate/policy';
import type { DataSource, EntityManager } from 'typeorm';
import { appendAudit } from '../audit/append-audit.js';
import { Checkpointer } from '../audit/checkpointer.js';
import { FeedPublisher } from '../feed/feed-publisher.js';
import type { Act } from './act.js';
import { appendFeed } from './append-feed.js';

/** One change of what auth keeps, in one transaction with its audit events and its place in the feed. */
export interface Change {
  readonly manager: EntityManager;
  /** Milliseconds since the epoch, one moment for the whole change. */
  readonly now: number;
  readonly act: Act;
  audit(fact: Pick<AuditFact, 'action' | 'target' | 'before' | 'after'>): void;
  /** Tells every router, after the commit. */
  announce(publicId: string, kind: FeedEvent['kind'], more?: Pick<FeedEvent, 'jti' | 'expiresAt' | 'secretId'>): void;
  /** Has every router look up all keys of that team anew; null = of the organisation. */
  announceScope(teamId: string | null): void;
}

/** Runs the work and, before the commit, writes what it noted: nothing changes unaudited or unannounced. */
export async function runChange<T>(
  manager: EntityManager,
  act: Act,
  now: number,
  work: (change: Change) => Promise<T>,
): Promise<T> {
  return (await recordChange(manager, act, now, work)).result;
}

interface RecordedChange<T> {
  readonly result: T;
  /** Events of the tenant that no checkpoint covers yet. */
  readonly unsigned: number;
}

async function recordChange<T>(
  manager: EntityManager,
  act: Act,
  now: number,
  work: (change: Change) => Promise<T>,
): Promise<RecordedChange<T>> {
  const facts: AuditFact[] = [];
  const events: Omit<FeedEvent, 'sequence'>[] = [];
  const { actor, requestId, traceId, ip, userAgent } = act;
  const time = new Date(now).toISOString();
  const result = await work({
    manager,
    now,
    act,
    audit: (fact) =>
      void facts.push({ ...fact, time, actor, decision: 'allowed', reason: null, requestId, traceId, ip, userAgent }),
    announce: (publicId, kind, more) => void events.push({ publicId, kind, ...more }),
    announceScope: (teamId) =>
      void events.push({
        publicId: '',
        kind: 'scope_changed',
        organisationId: act.organisationId,
        ...(teamId !== null && { teamId }),
      }),
  });
  // Last, and always in this order: both take locks that all changes share.
  const unsigned = await appendAudit(manager, act.organisationId, facts);
  await appendFeed(manager, events);
  return { result, unsigned };
}

@Injectable()
export class Changes {
  constructor(
    @Inject(dataSourceToken('auth')) private readonly dataSource: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(FeedPublisher) private readonly publisher: FeedPublisher,
    @Inject(Checkpointer) private readonly checkpointer: Checkpointer,
  ) {}

  async run<T>(act: Act, work: (change: Change) => Promise<T>): Promise<T> {
    const { result, unsigned } = await this.guard(
      this.dataSource.transaction((manager) => recordChange(manager, act, this.clock.now(), work)),
    );
    this.publisher.publishSoon();
    this.checkpointer.noteUnsigned(act.organisationId, unsigned);
    return result;
  }

  /** The same, where the result is the whole answer to the request: one that may be repeated keeps it with the change. */
  make<T>(act: Act, work: (change: Change) => Promise<T>): Promise<T> {
    const { idempotent } = act;
    if (idempotent === null) return this.run(act, work);
    return this.run(act, async (change) => {
      const answer = await work(change);
      await idempotent.keep(change.manager, answer);
      return answer;
    });
  }

  /** A read that is refused with 503 while Postgres is away. */
  read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.guard(work(this.dataSource.manager));
  }

  private async guard<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (!isConnectionError(error)) throw error;
      throw new TollgateError('overloaded', 'The database is out of reach.', { retryAfterMs: 1_000, cause: error });
    }
  }
}
