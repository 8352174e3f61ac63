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
import type { Raised } from './raised.js';

/** One change of what auth keeps, in one transaction with its audit events and its place in the feed. */
export interface Change {
  readonly manager: EntityManager;
  /** Milliseconds since the epoch, one moment for the whole change. */
  readonly now: number;
  readonly act: Act;
  audit(fact: Pick<AuditFact, 'action' | 'target' | 'before' | 'after'>): void;
  /** Tells every router, after the commit. */
  announce(publicId: string, kind: FeedEvent['kind'], more?: Pick<FeedEvent, 'jti' | 'expiresAt' | 'secretId'>): void;
  /** Has every router look up all keys of that team anew; null = of the organisation, the actor's where no other is named. */
  announceScope(teamId: string | null, organisationId?: string): void;
  /** Something that somebody should look at; it becomes an incident, or a further occurrence of one, with the change. */
  raise(raised: Raised): void;
}

/** Injection token of the {@link IncidentKeeper}. */
export const INCIDENT_KEEPER = Symbol('IncidentKeeper');

/** What makes incidents of what a change has raised. */
export interface IncidentKeeper {
  /** In the transaction of the change. What comes back is called after the commit, and tells of it. */
  write(change: Change, raised: readonly Raised[]): Promise<() => void>;
}

/** Runs the work and, before the commit, writes what it noted: nothing changes unaudited or unannounced. */
export async function runChange<T>(
  manager: EntityManager,
  act: Act,
  now: number,
  work: (change: Change) => Promise<T>,
): Promise<T> {
  return (await recordChange({ manager, act, now, incidents: null }, work)).result;
}

interface Recording {
  readonly manager: EntityManager;
  readonly act: Act;
  readonly now: number;
  /** null where nothing is raised. */
  readonly incidents: IncidentKeeper | null;
}

interface RecordedChange<T> {
  readonly result: T;
  /** Events of the tenant that no checkpoint covers yet. */
  readonly unsigned: number;
  /** After the commit. */
  tell(): void;
}

async function recordChange<T>(
  { manager, act, now, incidents }: Recording,
  work: (change: Change) => Promise<T>,
): Promise<RecordedChange<T>> {
  const raised: Raised[] = [];
  const facts: AuditFact[] = [];
  const events: Omit<FeedEvent, 'sequence'>[] = [];
  const { actor, requestId, traceId, ip, userAgent } = act;
  const time = new Date(now).toISOString();
  const change: Change = {
    manager,
    now,
    act,
    audit: (fact) =>
      void facts.push({ ...fact, time, actor, decision: 'allowed', reason: null, requestId, traceId, ip, userAgent }),
    announce: (publicId, kind, more) => void events.push({ publicId, kind, ...more }),
    announceScope: (teamId, organisationId = act.organisationId) =>
      void events.push({
        publicId: '',
        kind: 'scope_changed',
        organisationId,
        ...(teamId !== null && { teamId }),
      }),
    raise: (one) => void raised.push(one),
  };
  const result = await work(change);
  if (raised.length > 0 && incidents === null) throw new Error('a change of this kind raises nothing');
  const tell = incidents === null || raised.length === 0 ? () => undefined : await incidents.write(change, raised);
  // Last, and always in this order: both take locks that all changes share.
  const unsigned = await appendAudit(manager, act.organisationId, facts);
  await appendFeed(manager, events);
  return { result, unsigned, tell };
}

@Injectable()
export class Changes {
  constructor(
    @Inject(dataSourceToken('auth')) private readonly dataSource: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(FeedPublisher) private readonly publisher: FeedPublisher,
    @Inject(Checkpointer) private readonly checkpointer: Checkpointer,
    @Inject(INCIDENT_KEEPER) private readonly incidents: IncidentKeeper,
  ) {}

  async run<T>(act: Act, work: (change: Change) => Promise<T>): Promise<T> {
    const { incidents } = this;
    const { result, unsigned, tell } = await this.guard(
      this.dataSource.transaction((manager) => recordChange({ manager, act, now: this.clock.now(), incidents }, work)),
    );
    this.publisher.publishSoon();
    this.checkpointer.noteUnsigned(act.organisationId, unsigned);
    tell();
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
