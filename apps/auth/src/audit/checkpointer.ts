import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Clock } from '@tollgate/kernel';
import { CLOCK, dataSourceToken, LOGGER, METRICS } from '@tollgate/nest';
import { type AuditKey, hashCheckpoint, signCheckpoint, verifyAuditChain } from '@tollgate/policy';
import { type Logger, METRIC_NAMES, type Metrics } from '@tollgate/telemetry';
import type { DataSource } from 'typeorm';
import { registerAuditKey } from './audit-keys.js';
import { readAudit, readCheckpoints, readSignedHead, type SignedHead } from './read-audit.js';

export const AUDIT_KEY = Symbol('AuditKey');

/** At most so many events stand between two checkpoints. */
export const CHECKPOINT_EVENTS = 1_000;
/** At most so long an event stays unsigned. */
const CHECKPOINT_AFTER_MS = 60_000;
const LOOK_MS = 5_000;
const TENANTS_AT_ONCE = 100;
const ROUNDS_MAX = 100;

type Outcome = 'made' | 'none' | 'broken';

/**
 * Signs where each tenant's chain stands: every 1,000 events, and a minute after a change. Before it signs it verifies the
 * events since the checkpoint before: what was tampered with is never given a signature. Takes no lock that a change waits
 * for but the head's row, for one update; of several replicas one makes each checkpoint.
 */
@Injectable()
export class Checkpointer implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | null = null;
  private looking = false;
  private readonly running = new Map<string, Promise<Outcome>>();
  private readonly count: (result: Outcome) => void;

  constructor(
    @Inject(dataSourceToken('auth')) private readonly dataSource: DataSource,
    @Inject(AUDIT_KEY) private readonly key: AuditKey,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(METRICS) metrics: Metrics,
  ) {
    const counter = metrics.counter(METRIC_NAMES.auditCheckpoints, 'Checkpoints of the audit trail', ['result']);
    this.count = (result) => counter.add({ result });
  }

  async onApplicationBootstrap(): Promise<void> {
    await registerAuditKey(this.dataSource.manager, this.key, this.clock.now());
    this.timer = setInterval(() => void this.run(), LOOK_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    await Promise.allSettled(this.running.values());
  }

  /** After a commit: so many events of the tenant are not signed yet. */
  noteUnsigned(tenant: string, unsigned: number): void {
    if (unsigned < CHECKPOINT_EVENTS) return;
    this.checkpoint(tenant).catch((error: unknown) => this.logger.warn({ error }, 'a checkpoint could not be made'));
  }

  /** Signs for all tenants whose oldest unsigned event is a minute old. */
  async run(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      for (let round = 0; round < ROUNDS_MAX; round += 1) {
        const due = await this.dueTenants();
        for (const tenant of due) await this.checkpoint(tenant);
        if (due.length < TENANTS_AT_ONCE) return;
      }
    } catch (error) {
      this.logger.warn({ error }, 'checkpoints could not be made');
    } finally {
      this.looking = false;
    }
  }

  private async dueTenants(): Promise<readonly string[]> {
    const rows: { organisation_id: string }[] = await this.dataSource.query(
      'SELECT organisation_id FROM auth.audit_heads WHERE pending_since <= $1 ORDER BY pending_since LIMIT $2',
      [new Date(this.clock.now() - CHECKPOINT_AFTER_MS), TENANTS_AT_ONCE],
    );
    return rows.map((row) => row.organisation_id);
  }

  /** Signs up to the head as it is now. `broken` where the chain does not verify: then nothing was signed. */
  checkpoint(tenant: string): Promise<Outcome> {
    const under = this.running.get(tenant);
    if (under !== undefined) return under;
    const work = this.signAll(tenant).finally(() => this.running.delete(tenant));
    this.running.set(tenant, work);
    return work;
  }

  private async signAll(tenant: string): Promise<Outcome> {
    let outcome: Outcome = 'none';
    for (;;) {
      const head = await readSignedHead(this.dataSource.manager, tenant);
      if (head === null || head.seq === head.checkpoint.seq) return outcome;
      outcome = await this.signNext(tenant, head);
      if (outcome === 'broken') return outcome;
    }
  }

  private async signNext(tenant: string, head: SignedHead): Promise<Outcome> {
    const { manager } = this.dataSource;
    const { checkpoint } = head;
    const [last] = await readCheckpoints(manager, tenant, { after: checkpoint.number - 1, newestFirst: true, limit: 1 });
    // Read after the head: another replica may have been quicker, which is no fault.
    if (last !== undefined && last.number > checkpoint.number) return this.again(tenant, head);
    if (checkpoint.number > 0 && (last === undefined || hashCheckpoint(last.view) !== checkpoint.hash)) {
      return this.refuse(tenant, head, 'the last checkpoint is not the one that was signed');
    }
    const start = checkpoint.number === 0 ? {} : { start: { seq: checkpoint.seq, hash: last?.view.hash ?? '' } };
    const upTo = Math.min(head.seq, checkpoint.seq + CHECKPOINT_EVENTS);
    const events = await readAudit(manager, tenant, { after: checkpoint.seq, upTo, limit: CHECKPOINT_EVENTS });
    const verified = verifyAuditChain(tenant, events, { ...start, ...(upTo === head.seq && { end: head }) });
    if (!verified.ok) return this.refuse(tenant, head, `event ${verified.error.seq}: ${verified.error.flaw}`);
    if (verified.value.seq !== upTo) return this.refuse(tenant, head, `event ${verified.value.seq + 1}: truncated`);
    await this.store(tenant, head, verified.value);
    this.count('made');
    return 'made';
  }

  /** The head's row is compared and set: of several replicas one succeeds, the others find nothing to do. */
  private async store(tenant: string, { checkpoint }: SignedHead, signed: { seq: number; hash: string }): Promise<void> {
    const time = new Date(this.clock.now());
    const view = signCheckpoint(this.key, {
      tenant,
      head: signed,
      time: time.toISOString(),
      previous: checkpoint.hash,
    });
    const number = checkpoint.number + 1;
    await this.dataSource.transaction(async (manager) => {
      const [, affected]: [unknown, number] = await manager.query(
        `UPDATE auth.audit_heads SET checkpoint_seq = $2::bigint, checkpoint_number = $3::bigint, checkpoint_hash = $4,
           pending_since = CASE WHEN seq > $2::bigint THEN $5::timestamptz END
         WHERE organisation_id = $1 AND checkpoint_number = $3::bigint - 1`,
        [tenant, signed.seq, number, hashCheckpoint(view), time],
      );
      if (affected === 0) return;
      await manager.query(
        `INSERT INTO auth.audit_checkpoints
           (organisation_id, number, seq, hash, made_at, prev_checkpoint_hash, key_id, signature)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [tenant, number, signed.seq, signed.hash, time, view.prev_checkpoint_hash, view.key_id, view.signature],
      );
    });
  }

  /** Something moved between two reads; reads once more where it did, else it is a fault. */
  private async again(tenant: string, before: SignedHead): Promise<Outcome> {
    const now = await readSignedHead(this.dataSource.manager, tenant);
    if (now !== null && now.checkpoint.number !== before.checkpoint.number) return 'none';
    return this.refuse(tenant, before, 'there is a checkpoint beyond the last one');
  }

  /** Looked at again a minute later; the export names the line. */
  private async refuse(tenant: string, { seq }: SignedHead, reason: string): Promise<Outcome> {
    this.count('broken');
    this.logger.error({ organisationId: tenant, seq, reason }, 'the audit trail was tampered with: no checkpoint is signed');
    await this.dataSource.query('UPDATE auth.audit_heads SET pending_since = $2 WHERE organisation_id = $1', [
      tenant,
      new Date(this.clock.now()),
    ]);
    return 'broken';
  }
}
