import type { Network } from '@tollgate/policy';
import { Pool } from 'undici';
import { guardedConnector } from './connect-guard.js';

export interface PoolSettings {
  /** Connections to one origin; a stream holds one for as long as it lasts. */
  readonly connectionsMax: number;
  /** Outer bound of a connect, milliseconds; a call's own bound is watched by the call. */
  readonly connectMsMax: number;
  /** An idle connection is kept so long unless the upstream says otherwise, milliseconds. */
  readonly keepAliveMs: number;
  /** What a provider that may leave the public internet may reach there. */
  readonly privateNetworks: readonly Network[];
}

const NONE: readonly Network[] = [];

/** One pool of connections per origin, kept for as long as the catalogue names it. */
export class UpstreamPools {
  private readonly toPublic = new Map<string, Pool>();
  private readonly toPrivate = new Map<string, Pool>();

  constructor(private readonly settings: PoolSettings) {}

  /** `origin` as in `https://api.example.com`; `allowPrivate` = an administrator has allowed it to leave the public internet. */
  of(origin: string, allowPrivate: boolean): Pool {
    const pools = allowPrivate ? this.toPrivate : this.toPublic;
    let pool = pools.get(origin);
    if (pool === undefined) {
      pool = this.open(origin, allowPrivate);
      pools.set(origin, pool);
    }
    return pool;
  }

  /** True where all connections to the origin are in use: a call that waits for one waits for us, not for the upstream. */
  isFull(origin: string, allowPrivate: boolean): boolean {
    const pool = (allowPrivate ? this.toPrivate : this.toPublic).get(origin);
    return pool !== undefined && pool.stats.running >= this.settings.connectionsMax;
  }

  /** Closes what no snapshot names any more; calls under way finish first. */
  keepOnly(origins: ReadonlySet<string>): void {
    for (const pools of [this.toPublic, this.toPrivate]) {
      for (const [origin, pool] of pools) {
        if (origins.has(origin)) continue;
        pools.delete(origin);
        void pool.close();
      }
    }
  }

  async close(): Promise<void> {
    const open = [...this.toPublic.values(), ...this.toPrivate.values()];
    this.toPublic.clear();
    this.toPrivate.clear();
    await Promise.all(open.map((pool) => pool.destroy()));
  }

  private open(origin: string, allowPrivate: boolean): Pool {
    const { connectionsMax, connectMsMax, keepAliveMs, privateNetworks } = this.settings;
    return new Pool(origin, {
      connections: connectionsMax,
      // One call per connection: a cancelled call destroys its socket and nobody else's. So no HTTP/2 either.
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: keepAliveMs,
      // The calls watch their own times, in one sweep, rather than by two timers each.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: guardedConnector({ connectMsMax, allowed: allowPrivate ? privateNetworks : NONE }),
    });
  }
}
