import { buildConnector, Pool } from 'undici';
import { guardedConnector } from './connect-guard.js';

export interface PoolSettings {
  /** Connections to one origin; a stream holds one for as long as it lasts. */
  readonly connectionsMax: number;
  /** Outer bound of a connect, milliseconds; a call's own bound is watched by the call. */
  readonly connectMsMax: number;
  /** An idle connection is kept so long unless the upstream says otherwise, milliseconds. */
  readonly keepAliveMs: number;
}

/** One pool of connections per origin, kept for the life of the process. */
export class UpstreamPools {
  private readonly pools = new Map<string, Pool>();

  constructor(private readonly settings: PoolSettings) {}

  /** `origin` as in `https://api.example.com`; `allowPrivate` = an administrator has allowed private addresses for it. */
  of(origin: string, allowPrivate: boolean): Pool {
    const key = `${allowPrivate ? 'any' : 'public'} ${origin}`;
    let pool = this.pools.get(key);
    if (pool === undefined) {
      pool = this.open(origin, allowPrivate);
      this.pools.set(key, pool);
    }
    return pool;
  }

  /** Closes what no snapshot names any more; calls under way finish first. */
  keepOnly(origins: ReadonlySet<string>): void {
    for (const [key, pool] of this.pools) {
      if (origins.has(key.slice(key.indexOf(' ') + 1))) continue;
      this.pools.delete(key);
      void pool.close();
    }
  }

  async close(): Promise<void> {
    const pools = [...this.pools.values()];
    this.pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  private open(origin: string, allowPrivate: boolean): Pool {
    const { connectionsMax, connectMsMax, keepAliveMs } = this.settings;
    return new Pool(origin, {
      connections: connectionsMax,
      // One call per connection: a cancelled call destroys its socket and nobody else's. So no HTTP/2 either.
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: keepAliveMs,
      // The calls watch their own times, in one sweep, rather than by two timers each.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: allowPrivate ? buildConnector({ allowH2: false, timeout: connectMsMax }) : guardedConnector(connectMsMax),
    });
  }
}
