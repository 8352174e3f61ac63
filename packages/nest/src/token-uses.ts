import { SUBJECTS, type TokenUse, type TokenUsedReply, TokenUsedReplySchema } from '@tollgate/contracts';
import { type Clock, decodeJson, encodeJson } from '@tollgate/kernel';
import { digestToken, type PepperSet, signRenewal, type VerifiedToken } from '@tollgate/policy';
import type { Transport } from '@tollgate/transport';
import { type Caller, CallerMarks } from './caller-marks.js';

/** One caller of one secret is reported so often at most. */
const EVERY_MS = 60_000;
const FLUSH_MS = 5_000;
const BATCH = 1_000;
/** Uses that wait for an auth that is away; beyond them they are lost, which makes a last use look older, never newer. */
const WAITING_MAX = 50_000;
const SECRETS_MAX = 100_000;
/** Of one secret within the minute; what comes from further ones is not told apart. */
const CALLERS_MAX = 16;
const ANSWER_MS_MAX = 2_000;

export interface TokenUsesParts {
  readonly transport: Transport;
  readonly peppers: PepperSet;
  readonly clock: Clock;
}

/** One secret as one caller uses it: a block of addresses and a program. */
interface Use {
  readonly secretId: string;
  readonly network: string;
  readonly program: string;
  /** As they came the last time: whoever is the same needs no closer look. */
  address: string;
  userAgent: string | undefined;
  /** Milliseconds since the epoch. */
  reportedAt: number;
  usedAt: number;
  /** Since the last report. */
  count: number;
  /** Of the first caller of a secret: the others. */
  others: Use[] | null;
}

/** Tells auth which secrets are in use and by whom: in batches, once a minute for each; and renews digests of an older pepper on the way. */
export class TokenUses {
  /** By secret: used since the last turn, and in the minute before it. What was used in neither is forgotten, so that many keys that come once cost no memory for long. */
  private uses = new Map<string, Use>();
  private earlier = new Map<string, Use>();
  private turnedAt: number;
  /** Used since their last report. */
  private readonly counted: Use[] = [];
  private readonly marks = new CallerMarks();
  private waiting: TokenUse[] = [];
  private sending = false;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly parts: TokenUsesParts) {
    this.turnedAt = parts.clock.now();
    this.timer = setInterval(() => void this.flush(), FLUSH_MS);
    this.timer.unref();
  }

  /** Secrets that are remembered. */
  get size(): number {
    return this.uses.size + this.earlier.size;
  }

  /** After a token was found good. Costs one look into a map where the same caller used it within the minute. `now` in ms since the epoch. */
  note(verified: VerifiedToken, text: string, caller: Caller, now: number): void {
    let use = this.uses.get(verified.secretId) ?? this.revive(verified.secretId);
    if (use === undefined || use.address !== caller.address || use.userAgent !== caller.userAgent) {
      const other = this.find(verified.secretId, use, caller, now);
      if (other === null) return;
      use = other;
    }
    use.usedAt = now;
    use.count += 1;
    if (use.count === 1) this.counted.push(use);
    if (verified.pepperVersion !== this.parts.peppers[0].version) this.renew(verified, text, use);
  }

  /** Sends what is due; what auth does not take is kept for the next time. */
  async flush(): Promise<void> {
    const now = this.parts.clock.now();
    this.collect(now - EVERY_MS);
    if (now - this.turnedAt >= EVERY_MS) {
      this.turnedAt = now;
      this.earlier = this.uses;
      this.uses = new Map();
    }
    await this.sendWaiting();
  }

  /** Sends what there is, once; for the end of the process. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.collect(Number.POSITIVE_INFINITY);
    await this.sendWaiting();
  }

  private revive(secretId: string): Use | undefined {
    const use = this.earlier.get(secretId);
    if (use === undefined) return undefined;
    this.earlier.delete(secretId);
    this.uses.set(secretId, use);
    return use;
  }

  private find(secretId: string, first: Use | undefined, caller: Caller, now: number): Use | null {
    const { address, userAgent } = caller;
    if (first?.others != null) {
      for (const other of first.others) if (other.address === address && other.userAgent === userAgent) return other;
    }
    const { network, program } = this.marks.of(caller);
    const known = first === undefined ? undefined : sameCaller(first, network, program);
    if (known !== undefined) {
      known.address = address;
      known.userAgent = userAgent;
      return known;
    }
    const reportedAt = Number.NEGATIVE_INFINITY;
    const use: Use = { secretId, network, program, address, userAgent, reportedAt, usedAt: now, count: 0, others: null };
    if (first === undefined) {
      if (this.uses.size >= SECRETS_MAX) this.uses.clear();
      this.uses.set(secretId, use);
      return use;
    }
    first.others ??= [];
    if (first.others.length >= CALLERS_MAX) {
      const idle = first.others.findIndex((other) => now - other.usedAt >= EVERY_MS);
      if (idle < 0) return null;
      first.others.splice(idle, 1);
    }
    first.others.push(use);
    return use;
  }

  /** Those whose last report is so old are reported; the others wait for their minute to be over. */
  private collect(reportedBefore: number): void {
    const later: Use[] = [];
    for (const use of this.counted.splice(0)) {
      if (use.reportedAt > reportedBefore) later.push(use);
      else if (this.waiting.length < WAITING_MAX) this.report(use);
      else use.count = 0;
    }
    this.counted.push(...later);
  }

  private report(use: Use, renewed?: TokenUse['renewed']): void {
    const { secretId, usedAt, network, program: userAgent, count } = use;
    this.waiting.push({
      secretId,
      usedAt,
      network,
      userAgent,
      count: Math.max(1, count),
      ...(renewed === undefined ? {} : { renewed }),
    });
    use.reportedAt = usedAt;
    use.count = 0;
  }

  private async sendWaiting(): Promise<void> {
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

  private async send(uses: readonly TokenUse[]): Promise<TokenUsedReply> {
    const body = encodeJson({ v: 1, uses });
    const answer = await this.parts.transport.request(SUBJECTS.tokenUsed, body, { timeoutMs: ANSWER_MS_MAX });
    return TokenUsedReplySchema.parse(decodeJson(answer));
  }

  /** While one pepper takes over from the other, only whoever sees the token can make its digest anew. */
  private renew({ secretId, token }: VerifiedToken, text: string, use: Use): void {
    if (use.usedAt - use.reportedAt < EVERY_MS || this.waiting.length >= WAITING_MAX) return;
    const [current] = this.parts.peppers;
    const replaces = token.secrets.find(({ id }) => id === secretId)?.digest;
    if (replaces === undefined) return;
    const digest = digestToken(current.key, text).toString('base64url');
    const renewal = { secretId, digest, pepperVersion: current.version, replaces };
    this.report(use, { digest, pepperVersion: current.version, replaces, proof: signRenewal(current, renewal) });
  }
}

function sameCaller(first: Use, network: string, program: string): Use | undefined {
  if (first.network === network && first.program === program) return first;
  return first.others?.find((other) => other.network === network && other.program === program);
}
