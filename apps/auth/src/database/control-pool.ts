import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { isConnectionError, readDatabaseUrl } from '@tollgate/database';
import type { Clock } from '@tollgate/kernel';
import { CLOCK, dataSourceToken, LOGGER } from '@tollgate/nest';
import type { Logger } from '@tollgate/telemetry';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { Circuit } from './circuit.js';

/** Answer of a control message where Postgres is out of reach or too slow. */
export const STALE = Symbol('stale');

const CONNECT_MS = 400;
const QUERY_MS = 700;
/** Whatever happens, the answer is there by then: routers give up after a second. */
const DEADLINE_MS = 750;
const CONNECTIONS = 6;

/**
 * The connections of the control messages (resolve, feed, quota): apart from those of the management API, so that a slow
 * list delays no call, and with short limits, because a router would rather hear `stale` than wait.
 */
@Injectable()
export class ControlPool implements OnApplicationShutdown {
  private readonly pool: pg.Pool;
  private readonly circuit: Circuit;

  constructor(
    @Inject(dataSourceToken('auth')) dataSource: DataSource,
    @Inject(CLOCK) clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const { options } = dataSource;
    if (options.type !== 'postgres' || options.url === undefined) throw new TypeError('a DataSource of Postgres is needed');
    this.circuit = new Circuit(clock);
    const { url: connectionString, ssl } = readDatabaseUrl(options.url);
    this.pool = new pg.Pool({
      connectionString,
      ssl,
      application_name: 'tollgate-auth-control',
      max: CONNECTIONS,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: QUERY_MS,
      statement_timeout: QUERY_MS,
      keepAlive: true,
      idleTimeoutMillis: 60_000,
    });
    // An idle connection that breaks is replaced at the next question, which reports what it finds.
    this.pool.on('error', () => undefined);
  }

  /** Runs work on one connection within the deadline; {@link STALE} where Postgres does not play along. Other errors are thrown. */
  async run<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T | typeof STALE> {
    if (!this.circuit.enter()) return STALE;
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<typeof STALE>((resolve) => {
      timer = setTimeout(() => resolve(STALE), DEADLINE_MS);
    });
    try {
      const result = await Promise.race([this.onConnection(work), deadline]);
      if (result === STALE) this.circuit.failed();
      else this.circuit.succeeded();
      return result;
    } catch (error) {
      if (!isUnavailable(error)) {
        // Postgres answered: the fault is the statement's.
        this.circuit.succeeded();
        throw error;
      }
      this.circuit.failed();
      this.logger.warn({ error }, 'Postgres is out of reach of the control messages');
      return STALE;
    } finally {
      clearTimeout(timer);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }

  private async onConnection<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken = true;
    try {
      const result = await work(client);
      broken = false;
      return result;
    } finally {
      // After an error the state of the session is not known: a new one costs a millisecond.
      client.release(broken);
    }
  }
}

/** 57014 is our own statement limit: a lock or a disk that takes too long. */
const isUnavailable = (error: unknown): boolean =>
  isConnectionError(error) || (error instanceof Error && 'code' in error && error.code === '57014');
