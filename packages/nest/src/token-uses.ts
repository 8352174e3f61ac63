import { SUBJECTS, type TokenUse, type TokenUsedReply, TokenUsedReplySchema } from '@tollgate/contracts';
import { decodeJson, encodeJson } from '@tollgate/kernel';
import { digestToken, type PepperSet, signRenewal, type VerifiedToken } from '@tollgate/policy';
import type { Transport } from '@tollgate/transport';

/** One secret is reported so often at most. */
const EVERY_MS = 60_000;
const FLUSH_MS = 5_000;
const BATCH = 1_000;
/** Uses that wait for an auth that is away; beyond them they are lost, which makes a last use look older, never newer. */
const WAITING_MAX = 50_000;
const SECRETS_MAX = 200_000;
const ANSWER_MS_MAX = 2_000;

export interface TokenUsesParts {
  readonly transport: Transport;
  readonly peppers: PepperSet;
}

/** Tells auth which secrets are in use: in batches, once a minute for each; and renews digests of an older pepper on the way. */
export class TokenUses {
  /** Times of the last report, ms since the epoch, by secret. */
  private readonly reported = new Map<string, number>();
  private waiting: TokenUse[] = [];
  private sending = false;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly parts: TokenUsesParts) {
    this.timer = setInterval(() => void this.flush(), FLUSH_MS);
    this.timer.unref();
  }

  /** After a token was found good. Costs one look into a map where it was used within the minute. `now` in ms since the epoch. */
  note(verified: VerifiedToken, text: string, now: number): void {
    const last = this.reported.get(verified.secretId);
    if (last !== undefined && now - last < EVERY_MS) return;
    if (this.waiting.length >= WAITING_MAX) return;
    if (this.reported.size >= SECRETS_MAX) this.reported.clear();
    this.reported.set(verified.secretId, now);
    const renewed = this.renewal(verified, text);
    this.waiting.push({ secretId: verified.secretId, usedAt: now, ...(renewed === undefined ? {} : { renewed }) });
  }

  /** Sends what waits; what auth does not take is kept for the next time. */
  async flush(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    try {
      while (this.waiting.length > 0) {
        const batch = this.waiting.slice(0, BATCH);
        if ((await this.send(batch)).status !== 'ok') return;
        this.waiting = this.waiting.slice(batch.length);
      }
    } catch {
      // Auth or the bus is away: the next turn tries again.
    } finally {
      this.sending = false;
    }
  }

  /** Sends what waits, once; for the end of the process. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  private async send(uses: readonly TokenUse[]): Promise<TokenUsedReply> {
    const body = encodeJson({ v: 1, uses });
    const answer = await this.parts.transport.request(SUBJECTS.tokenUsed, body, { timeoutMs: ANSWER_MS_MAX });
    return TokenUsedReplySchema.parse(decodeJson(answer));
  }

  /** While one pepper takes over from the other, only whoever sees the token can make its digest anew. */
  private renewal({ secretId, pepperVersion, token }: VerifiedToken, text: string): TokenUse['renewed'] {
    const [current] = this.parts.peppers;
    if (pepperVersion === current.version) return undefined;
    const replaces = token.secrets.find(({ id }) => id === secretId)?.digest;
    if (replaces === undefined) return undefined;
    const digest = digestToken(current.key, text).toString('base64url');
    const renewal = { secretId, digest, pepperVersion: current.version, replaces };
    return { digest, pepperVersion: current.version, replaces, proof: signRenewal(current, renewal) };
  }
}
