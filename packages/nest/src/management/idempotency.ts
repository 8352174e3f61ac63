import { createHash } from 'node:crypto';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { type Service, serviceOfPath } from '@tollgate/contracts';
import { type Clock, TollgateError } from '@tollgate/kernel';
import { canonicalText } from '@tollgate/policy';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { catchError, from, mergeMap, type Observable, of } from 'rxjs';
import { pathOf } from '../http/answer-health.js';
import type { AnswerSeal } from './answer-seal.js';
import type { RequestWithCaller } from './caller.js';
import { InvalidFieldsError } from './invalid-fields.js';

/** What runs SQL: a DataSource, or the manager of a transaction. */
export interface Queries {
  query(sql: string, parameters?: unknown[]): Promise<unknown>;
}

/** A request that may be repeated. */
export interface IdempotentRequest {
  /** Keeps the answer in the transaction of the change itself: then there is one exactly where the change was made. */
  keep(manager: Queries, answer: unknown): Promise<void>;
}

export interface RequestWithIdempotency extends RequestWithCaller {
  idempotent?: IdempotentRequest;
}

export interface IdempotencyNeeds {
  readonly clock: Clock;
  readonly seal: AnswerSeal;
  /** By service; those that are not named take no Idempotency-Key. Each has a table `<schema>.idempotency_keys`. */
  readonly stores: ReadonlyMap<Service, Queries>;
}

const KEPT_MS = 24 * 3_600_000;
/** Longer than any request: whoever began it is gone, and where a change was made its answer is there. */
const ABANDONED_MS = 120_000;
const SWEPT_AT_ONCE = 100;
const KEY = /^[\x21-\x7e]{1,255}$/;

interface Row {
  readonly fingerprint: Buffer;
  readonly answer: Buffer | null;
  readonly created_at: Date;
}

/**
 * POST with an Idempotency-Key: made once for each caller, and answered alike for 24 hours. While the first is under way the
 * others get 409, with another request under the same key 422. A request that fails leaves nothing behind.
 */
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(private readonly needs: IdempotencyNeeds) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    if (context.getType() !== 'http') return next.handle();
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest & RequestWithIdempotency>();
    const key = request.headers['idempotency-key'];
    if (key === undefined || request.method !== 'POST') return next.handle();
    const entry = this.entryOf(request, key);
    const known = await entry.begin();
    if (known !== null) {
      http.getResponse<FastifyReply>().header('idempotency-replayed', 'true');
      return of(known.answer);
    }
    request.idempotent = entry;
    return next.handle().pipe(
      mergeMap(async (answer: unknown) => {
        await entry.keepLate(answer);
        return answer;
      }),
      catchError((error: unknown) => from(entry.forget()).pipe(mergeMap(() => Promise.reject(error)))),
    );
  }

  private entryOf(request: FastifyRequest & RequestWithIdempotency, key: unknown): Entry {
    const { caller } = request;
    const path = pathOf(request.url);
    const service = serviceOfPath(path);
    const store = service === null ? undefined : this.needs.stores.get(service);
    if (typeof key !== 'string' || !KEY.test(key)) {
      throw new InvalidFieldsError([
        { pointer: 'idempotency-key', detail: 'must be 1 to 255 printable characters without spaces' },
      ]);
    }
    if (caller === undefined || service === null || store === undefined) {
      throw new InvalidFieldsError([{ pointer: 'idempotency-key', detail: 'This operation takes no Idempotency-Key.' }]);
    }
    return new Entry(this.needs, store, {
      table: `${service}.idempotency_keys`,
      // A key that changes hands is another caller; a secret that is rotated is not.
      scope: `${caller.organisationId} ${caller.actor.type} ${caller.actor.id}`,
      key,
      fingerprint: createHash('sha256')
        .update(`${request.method}\n${path}\n`)
        .update(canonicalText(request.body ?? null))
        .digest(),
    });
  }
}

interface Place {
  readonly table: string;
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: Buffer;
}

class Entry implements IdempotentRequest {
  private kept = false;

  constructor(
    private readonly needs: IdempotencyNeeds,
    private readonly store: Queries,
    private readonly place: Place,
  ) {}

  /** The answer of before; null where the request is to be made now. */
  async begin(): Promise<{ readonly answer: unknown } | null> {
    const { table, scope, key, fingerprint } = this.place;
    const now = this.needs.clock.now();
    await this.sweep(now);
    const made = (await this.store.query(
      `INSERT INTO ${table} AS kept (scope, key, fingerprint, created_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (scope, key) DO UPDATE SET fingerprint = $3, answer = NULL, created_at = $4
       WHERE kept.created_at < $5 OR (kept.answer IS NULL AND kept.created_at < $6 AND kept.fingerprint = $3)
       RETURNING key`,
      [scope, key, fingerprint, new Date(now), new Date(now - KEPT_MS), new Date(now - ABANDONED_MS)],
    )) as unknown[];
    if (made.length > 0) return null;
    const [row] = (await this.store.query(`SELECT fingerprint, answer, created_at FROM ${table} WHERE scope = $1 AND key = $2`, [
      scope,
      key,
    ])) as Row[];
    if (row !== undefined && !row.fingerprint.equals(fingerprint)) {
      throw new TollgateError('idempotency_key_reused', 'This Idempotency-Key belongs to another request.');
    }
    const known = row?.answer == null ? null : this.needs.seal.open(row.answer, this.context());
    if (known !== null) return known;
    throw new TollgateError('request_in_progress', 'The first request with this Idempotency-Key is under way.', {
      retryAfterMs: 1_000,
    });
  }

  async keep(manager: Queries, answer: unknown): Promise<void> {
    const { table, scope, key } = this.place;
    await manager.query(`UPDATE ${table} SET answer = $3 WHERE scope = $1 AND key = $2`, [
      scope,
      key,
      this.needs.seal.seal(answer, this.context()),
    ]);
    this.kept = true;
  }

  /** Where the handler did not do it in its own transaction. */
  async keepLate(answer: unknown): Promise<void> {
    if (!this.kept) await this.keep(this.store, answer);
  }

  /** Never an answer that was committed, even where the commit's own answer was lost. */
  async forget(): Promise<void> {
    const { table, scope, key } = this.place;
    try {
      await this.store.query(`DELETE FROM ${table} WHERE scope = $1 AND key = $2 AND answer IS NULL`, [scope, key]);
    } catch {
      // Postgres is away: what the caller gets is the first error, and the row is abandoned in two minutes.
    }
  }

  private async sweep(now: number): Promise<void> {
    const { table } = this.place;
    await this.store.query(
      `DELETE FROM ${table} WHERE ctid IN (SELECT ctid FROM ${table} WHERE created_at < $1 ORDER BY created_at LIMIT ${SWEPT_AT_ONCE})`,
      [new Date(now - KEPT_MS)],
    );
  }

  private context(): string {
    const { table, scope, key } = this.place;
    return `${table}\n${scope}\n${key}`;
  }
}
