import { type FeedEvent, JwksReplySchema, SUBJECTS } from '@tollgate/contracts';
import { type Clock, decodeJson, EMPTY_BYTES, type Result } from '@tollgate/kernel';
import { type AccessToken, type JwtRefusalReason, JwtVerdicts, prepareJwtKeys } from '@tollgate/policy';
import type { Logger } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';

const READ_MS_MAX = 1_500;
/** A key that nobody knows is asked for so often at most, whoever sends it. */
const UNKNOWN_KEY_MS = 2_000;
const SWEEP_MS = 10_000;
/** About 300 bytes each. */
const ENTRIES_MAX = 20_000;

export interface JwtStoreParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  /** An access token was revoked: its live streams end. */
  onDenied(jti: string): void;
}

type Verdict = Result<AccessToken, JwtRefusalReason>;

/** Who waits for keys; called exactly once. null = auth cannot be asked right now. */
export interface JwtWaiter {
  onJwt(verdict: Verdict | null): void;
}

/**
 * Checks access tokens by itself, with the keys and the list of revoked ones from auth. The feed keeps both up to date; after a
 * gap in it nothing is answered until they have been read anew.
 */
export class JwtStore {
  private readonly verdicts = new JwtVerdicts(ENTRIES_MAX);
  private current = false;
  private loading: Promise<boolean> | null = null;
  /** Another reason to read came up while one was under way. */
  private again = false;
  private readAt = Number.NEGATIVE_INFINITY;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly parts: JwtStoreParts) {
    this.timer = setInterval(() => this.verdicts.sweep(parts.clock.now()), SWEEP_MS).unref();
  }

  /** At once, or null where keys must be asked for first. */
  find(text: string): Verdict | null {
    if (!this.current) return null;
    const { clock } = this.parts;
    const verdict = this.verdicts.check(text, clock.now());
    const unknown = !verdict.ok && verdict.error === 'jwt_unknown_key';
    return unknown && clock.monotonic() - this.readAt > UNKNOWN_KEY_MS ? null : verdict;
  }

  resolve(text: string, waiter: JwtWaiter): void {
    void this.load().then((loaded) => waiter.onJwt(loaded ? this.verdicts.check(text, this.parts.clock.now()) : null));
  }

  onEvent({ kind, jti, expiresAt }: FeedEvent): void {
    if (kind === 'keys_changed') void this.reload();
    else if (kind === 'jwt_denied' && jti !== undefined && expiresAt !== undefined) {
      this.verdicts.deny(jti, expiresAt);
      this.parts.onDenied(jti);
    }
  }

  /** The feed began anew, or has a gap that cannot be filled: what was revoked meanwhile is not known. */
  onReset(): void {
    this.current = false;
    void this.reload();
  }

  close(): void {
    clearInterval(this.timer);
  }

  private reload(): Promise<boolean> {
    if (this.loading !== null) this.again = true;
    return this.load();
  }

  private load(): Promise<boolean> {
    this.loading ??= this.read().finally(() => {
      this.loading = null;
    });
    return this.loading;
  }

  private async read(): Promise<boolean> {
    const { transport, clock, logger } = this.parts;
    try {
      do {
        this.again = false;
        this.readAt = clock.monotonic();
        const answer = await transport.request(SUBJECTS.jwks, EMPTY_BYTES, { timeoutMs: READ_MS_MAX });
        const reply = JwksReplySchema.parse(decodeJson(answer));
        if (reply.status === 'stale') return false;
        this.verdicts.setKeys(prepareJwtKeys(reply));
        for (const { jti, expiresAt } of reply.denied) this.verdicts.deny(jti, expiresAt);
      } while (this.again);
      this.current = true;
      return true;
    } catch (error) {
      logger.debug({ error }, 'the keys of access tokens could not be read');
      return false;
    }
  }
}
