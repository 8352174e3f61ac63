import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type Clock, TollgateError } from '@tollgate/kernel';
import { CLOCK } from '@tollgate/nest';
import { networkOf, type PepperSet } from '@tollgate/policy';
import type { EntityManager } from 'typeorm';
import { Changes } from '../changes/changes.js';
import type { Mint } from '../tokens/create-token.js';
import { MINT } from '../tokens/mint-token.js';

interface Rule {
  /** Failures before the first wait. */
  readonly free: number;
  /** The wait doubles from a second to this. */
  readonly waitMsMax: number;
}

/**
 * Of one account from one network: what somebody who guesses runs into. Of a network, whatever the accounts: what somebody
 * who tries a list runs into. Of an account from everywhere: slows a botnet down to one guess a minute.
 */
const RULES = {
  pair: { free: 5, waitMsMax: 900_000 },
  device: { free: 5, waitMsMax: 900_000 },
  network: { free: 50, waitMsMax: 900_000 },
  account: { free: 50, waitMsMax: 60_000 },
  password: { free: 5, waitMsMax: 900_000 },
} as const satisfies Record<string, Rule>;
type Kind = keyof typeof RULES;

const FORGOTTEN_MS = 24 * 3_600_000;

export interface Attempt {
  readonly keys: readonly { readonly kind: Kind; readonly key: string }[];
}

interface Who {
  readonly email: string;
  readonly ip: string;
  /** The browser has signed in to this very account before: nobody else's failures hold it up. */
  readonly device: string | null;
}

/**
 * Counts sign-ins in Postgres, and so over all replicas. An attempt is counted as a failure before the password is looked
 * at, so that a thousand at once are no thousand guesses; a good one takes it back. Accounts that do not exist are counted
 * just the same. No wait is longer than fifteen minutes after the last try, and a browser that has signed in before is held up
 * by its own failures alone: nobody can lock anybody else out for good.
 */
@Injectable()
export class SignInLimiter {
  private readonly peppers: PepperSet;

  constructor(
    @Inject(Changes) private readonly changes: Changes,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(MINT) mint: Mint,
  ) {
    this.peppers = mint.peppers;
  }

  /** 429 with the time to wait. */
  begin({ email, ip, device }: Who): Promise<Attempt> {
    const network = networkOf(ip);
    return this.count(
      device === null
        ? [this.keyOf('pair', `${email} ${network}`), this.keyOf('network', network), this.keyOf('account', email)]
        : [this.keyOf('device', `${email} ${device}`)],
    );
  }

  /** Somebody who is signed in and guesses the password. */
  beginChange(userId: string): Promise<Attempt> {
    return this.count([this.keyOf('password', userId)]);
  }

  /** It was no failure: what belongs to this caller alone is forgotten, what is shared is counted one less. */
  async succeeded({ keys }: Attempt): Promise<void> {
    const own = keys.filter(({ kind }) => kind !== 'network' && kind !== 'account').map(({ key }) => key);
    const shared = keys.filter(({ kind }) => kind === 'network' || kind === 'account').map(({ key }) => key);
    await this.changes.read(async (manager) => {
      await manager.query('DELETE FROM auth.sign_in_attempts WHERE key = ANY($1)', [own]);
      await manager.query(
        'UPDATE auth.sign_in_attempts SET failures = greatest(failures - 1, 0), blocked_until = NULL WHERE key = ANY($1)',
        [shared],
      );
    });
  }

  /** Addresses and networks are kept as digests only. */
  private keyOf(kind: Kind, text: string): Attempt['keys'][number] {
    const [pepper] = this.peppers;
    const digest = createHmac('sha256', pepper.key).update(`tollgate-sign-in-v1\n${kind}\n${text}`).digest('base64url');
    return { kind, key: `${kind}:${digest}` };
  }

  private async count(keys: Attempt['keys']): Promise<Attempt> {
    const now = this.clock.now();
    const waitMs = await this.changes.read((manager) =>
      manager.transaction(async (within) => {
        // In one order, so that two attempts never wait for each other.
        const sorted = [...keys].sort((a, b) => (a.key < b.key ? -1 : 1));
        let wait = 0;
        for (const each of sorted) wait = Math.max(wait, await this.blockedMs(within, each.key, now));
        if (wait === 0) for (const { kind, key } of sorted) await addFailure(within, key, RULES[kind], now);
        return wait;
      }),
    );
    if (waitMs === 0) return { keys };
    throw new TollgateError('rate_limit_exceeded', 'Too many sign-ins failed. Wait before the next one.', {
      retryAfterMs: waitMs,
    });
  }

  private async blockedMs(manager: EntityManager, key: string, now: number): Promise<number> {
    await manager.query(
      'INSERT INTO auth.sign_in_attempts (key, failures, updated_at) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING',
      [key, new Date(now)],
    );
    const rows: { blocked_until: Date | null }[] = await manager.query(
      'SELECT blocked_until FROM auth.sign_in_attempts WHERE key = $1 FOR UPDATE',
      [key],
    );
    return Math.max(0, (rows[0]?.blocked_until?.getTime() ?? 0) - now);
  }
}

async function addFailure(manager: EntityManager, key: string, { free, waitMsMax }: Rule, now: number): Promise<void> {
  const time = new Date(now);
  const rows: { failures: number }[] = await manager.query(
    `WITH counted AS (
       UPDATE auth.sign_in_attempts SET failures = CASE WHEN updated_at < $2 THEN 1 ELSE failures + 1 END, updated_at = $3
       WHERE key = $1 RETURNING failures
     ) SELECT failures FROM counted`,
    [key, new Date(now - FORGOTTEN_MS), time],
  );
  const over = (rows[0]?.failures ?? 0) - free;
  const until = over < 0 ? null : new Date(now + Math.min(waitMsMax, 1_000 * 2 ** Math.min(over, 30)));
  await manager.query('UPDATE auth.sign_in_attempts SET blocked_until = $2 WHERE key = $1', [key, until]);
}
