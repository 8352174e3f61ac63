import {
  type FeedEvent,
  SUBJECTS,
  type TokenResolveReply,
  TokenResolveReplySchema,
  type TokenSnapshot,
} from '@tollgate/contracts';
import { type Clock, decodeJson, encodeJson } from '@tollgate/kernel';
import { PreparedAccess } from '@tollgate/policy';
import type { Logger } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';
import { LRUCache } from 'lru-cache';
import type { DirectAuth } from './direct-auth.js';
import { MissLimiter } from './miss-limiter.js';
import { RevocationFeed } from './revocation-feed.js';

/** While the feed is stale an answer of auth counts for so long. */
const REVALIDATE_MS = 2_000;
const UNKNOWN_MS_MAX = 60_000;
const RESOLVE_MS_MAX = 1_500;
/** A call of a known token waits no longer than this on auth. */
const KNOWN_WAIT_MS_MAX = 30;
/** After a failure known tokens do not wait at all for so long. */
const AUTH_DOWN_MS = 1_000;
const FLIGHTS_MAX = 1_024;
/** An answer from before a change is asked for again so often; then auth counts as out of reach. */
const ASKS_MAX = 4;

export type TokenOutcome = 'fresh' | 'grace' | 'unverifiable' | 'throttled';

export interface TokenEntry {
  readonly publicId: string;
  /** null = there is no such token. */
  readonly token: TokenSnapshot | null;
  /** Made ready once; null where there is no such token. */
  readonly access: PreparedAccess | null;
  readonly validatedAt: number;
  /** Monotonic: what was committed before this moment is in it. */
  readonly askedAt: number;
  readonly generation: number;
  /** The feed's, when auth read it. */
  readonly sequence: number;
  /** A change has gone by since: only for an outage, and flagged. */
  readonly superseded: boolean;
}

/** Who waits for a look-up; called exactly once. */
export interface TokenWaiter {
  readonly address: string;
  onToken(entry: TokenEntry | null, outcome: TokenOutcome): void;
}

interface Flight {
  waiters: TokenWaiter[];
  /** Wait for auth itself: an older copy is of no use to them. */
  patient: TokenWaiter[];
  /** Came after the question was put, and need one of their own. */
  late: TokenWaiter[];
  minimumSequence: number;
  timer: NodeJS.Timeout | null;
}

export interface TokenStoreParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly entriesMax: number;
  readonly outageGraceMs: number;
  /** The way to auth that needs no bus; null where there is none. */
  readonly direct: DirectAuth | null;
  /** A token was revoked: its live streams end. */
  onRevoked(publicId: string): void;
  /** Events of the feed that are not about keys, and what to do when some were missed. */
  readonly others?: { onEvent(event: FeedEvent): void; onReset(): void };
}

/** Tokens by public id: a bounded cache, kept honest by the revocation feed. */
export class TokenStore {
  readonly feed: RevocationFeed;
  private readonly known: LRUCache<string, TokenEntry>;
  // Apart from the known ones, so that a flood of made-up ids cannot push those out.
  private readonly unknown = new LRUCache<string, TokenEntry>({ max: 10_000 });
  private readonly flights = new Map<string, Flight>();
  private readonly limiter: MissLimiter;
  private readonly renewals: MissLimiter;
  private authDownUntil = Number.NEGATIVE_INFINITY;

  constructor(private readonly parts: TokenStoreParts) {
    this.known = new LRUCache({ max: parts.entriesMax });
    this.limiter = new MissLimiter(parts.clock);
    this.renewals = new MissLimiter(parts.clock);
    this.feed = new RevocationFeed({ ...parts, onEvent: (event) => this.onEvent(event), onReset: () => parts.others?.onReset() });
  }

  get size(): number {
    return this.known.size;
  }

  /** Answers from the cache, at once, or null where auth must be asked. */
  find(publicId: string): TokenEntry | null {
    const entry = this.known.get(publicId) ?? this.unknown.get(publicId);
    return entry !== undefined && this.isFresh(entry) ? entry : null;
  }

  /** Asks auth, one request per id for all who wait. */
  resolve(publicId: string, waiter: TokenWaiter): void {
    const grace = this.graceEntry(publicId);
    const flight = this.flights.get(publicId);
    if (flight !== undefined) {
      if (grace !== null && flight.timer === null) waiter.onToken(grace, 'grace');
      else flight.waiters.push(waiter);
      return;
    }
    if (grace !== null && this.parts.clock.monotonic() < this.authDownUntil) {
      waiter.onToken(grace, 'grace');
      return;
    }
    if (!this.known.has(publicId) && !this.limiter.mayAsk(waiter.address)) {
      waiter.onToken(null, 'throttled');
      return;
    }
    if (this.flights.size >= FLIGHTS_MAX) {
      waiter.onToken(grace, grace === null ? 'unverifiable' : 'grace');
      return;
    }
    this.takeOff(publicId, grace, { waiters: [waiter], patient: [] });
  }

  /**
   * Asks auth although there is a copy, which does not know the secret that was sent: it may have been made a moment ago, and
   * the change not heard of here. What is answered was read after this call, or is `unverifiable`; `throttled` where one token
   * (or, for ids that do not exist, one address) has this done too often.
   */
  renew(publicId: string, waiter: TokenWaiter): void {
    this.askAfresh(publicId, [waiter]);
  }

  private askAfresh(publicId: string, waiters: TokenWaiter[]): void {
    const flight = this.flights.get(publicId);
    if (flight !== undefined) {
      flight.late.push(...waiters);
      return;
    }
    const account = this.known.has(publicId) ? publicId : (waiters[0]?.address ?? '');
    const throttled = !this.renewals.mayAsk(account);
    if (throttled || this.flights.size >= FLIGHTS_MAX) {
      for (const waiter of waiters) waiter.onToken(null, throttled ? 'throttled' : 'unverifiable');
      return;
    }
    this.renewals.charge(account);
    this.takeOff(publicId, this.graceEntry(publicId), { waiters: [], patient: waiters });
  }

  private takeOff(publicId: string, grace: TokenEntry | null, who: Pick<Flight, 'waiters' | 'patient'>): void {
    const flight: Flight = { ...who, late: [], minimumSequence: -1, timer: null };
    if (grace !== null) flight.timer = setTimeout(() => this.onSlow(publicId, flight), KNOWN_WAIT_MS_MAX);
    this.flights.set(publicId, flight);
    void this.ask(publicId, flight);
  }

  /** For a token with calls under way while no change is heard: asks if the cache may not answer, so that a revocation ends them. */
  recheck(publicId: string): void {
    if (this.find(publicId) === null) this.resolve(publicId, NOBODY);
  }

  close(): void {
    this.feed.close();
    this.parts.direct?.close();
    for (const flight of this.flights.values()) if (flight.timer !== null) clearTimeout(flight.timer);
  }

  private isFresh(entry: TokenEntry): boolean {
    if (entry.superseded) return false;
    const age = this.parts.clock.monotonic() - entry.validatedAt;
    if (age <= REVALIDATE_MS && entry.token?.policy.strict !== true) return true;
    if (!this.feed.fresh || entry.generation !== this.feed.generation) return false;
    return entry.token !== null || age <= UNKNOWN_MS_MAX;
  }

  /**
   * In an outage: an API key that was good a short while ago, with a change outstanding or not; and every one that is known
   * to be revoked, for that is refused. Management tokens and strict ones wait for auth.
   */
  private graceEntry(publicId: string): TokenEntry | null {
    const entry = this.known.get(publicId);
    if (entry === undefined || entry.token === null) return null;
    if (entry.token.status === 'revoked') return entry;
    if (entry.token.type === 'a' || entry.token.policy.strict) return null;
    return this.parts.clock.monotonic() - entry.validatedAt <= this.parts.outageGraceMs ? entry : null;
  }

  private onSlow(publicId: string, flight: Flight): void {
    flight.timer = null;
    const grace = this.graceEntry(publicId);
    // What was known when the question was put has been dropped since: those who wait need the answer.
    if (grace === null) return;
    this.authDownUntil = this.parts.clock.monotonic() + AUTH_DOWN_MS;
    const { waiters } = flight;
    flight.waiters = [];
    for (const waiter of waiters) waiter.onToken(grace, 'grace');
  }

  private async ask(publicId: string, flight: Flight): Promise<void> {
    let entry: TokenEntry | null = null;
    try {
      entry = await this.askAuth(publicId, flight);
    } catch (error) {
      this.parts.logger.debug({ error }, 'a token could not be resolved');
    }
    this.flights.delete(publicId);
    if (flight.timer !== null) clearTimeout(flight.timer);
    if (entry !== null) this.keep(entry);
    else this.authDownUntil = this.parts.clock.monotonic() + AUTH_DOWN_MS;
    const grace = entry === null ? this.graceEntry(publicId) : null;
    for (const waiter of flight.waiters) {
      if (entry !== null) {
        if (entry.token === null) this.limiter.charge(waiter.address);
        waiter.onToken(entry, 'fresh');
      } else waiter.onToken(grace, grace === null ? 'unverifiable' : 'grace');
    }
    for (const waiter of flight.patient) waiter.onToken(entry, entry === null ? 'unverifiable' : 'fresh');
    if (flight.late.length > 0) this.askAfresh(publicId, flight.late);
  }

  /** null = auth itself cannot tell right now. */
  private async askAuth(publicId: string, flight: Flight): Promise<TokenEntry | null> {
    for (let asks = 0; asks < ASKS_MAX; asks += 1) {
      const { generation } = this.feed;
      const askedAt = this.parts.clock.monotonic();
      const reply = await this.question(publicId);
      if (reply.status === 'stale') return null;
      const { sequence } = reply;
      // A change went by while we asked: the answer may be from before it.
      if (sequence < flight.minimumSequence) continue;
      const token = reply.status === 'found' ? reply.token : null;
      const access = token === null ? null : new PreparedAccess(token.policy, token.parents);
      const validatedAt = this.parts.clock.monotonic();
      return { publicId, token, access, validatedAt, askedAt, generation, sequence, superseded: false };
    }
    return null;
  }

  /** Over the bus while it brings us auth's heartbeat, directly while it does not; one way failing, the other. */
  private async question(publicId: string): Promise<TokenResolveReply> {
    const { direct } = this.parts;
    if (direct === null) return this.overBus(publicId);
    const ways = [() => this.overBus(publicId), () => direct.resolve(publicId)] as const;
    const [first, second] = this.feed.fresh ? ways : [ways[1], ways[0]];
    try {
      return await first();
    } catch (error) {
      this.parts.logger.debug({ error }, 'one way to auth has failed');
      return second();
    }
  }

  private async overBus(publicId: string): Promise<TokenResolveReply> {
    const answer = await this.parts.transport.request(SUBJECTS.tokenResolve, encodeJson({ publicId }), {
      timeoutMs: RESOLVE_MS_MAX,
    });
    return TokenResolveReplySchema.parse(decodeJson(answer));
  }

  private keep(entry: TokenEntry): void {
    const { publicId, token } = entry;
    const before = this.known.get(publicId);
    if (token === null) {
      this.known.delete(publicId);
      this.unknown.set(publicId, entry);
    } else {
      this.unknown.delete(publicId);
      this.known.set(publicId, entry);
    }
    // Nobody told us, for instance because the feed is cut off: its live streams end all the same.
    if (before?.token?.status === 'active' && token?.status !== 'active') this.parts.onRevoked(publicId);
  }

  private onEvent(event: FeedEvent): void {
    if (event.kind === 'changed' || event.kind === 'revoked') this.onKey(event);
    else if (event.kind === 'scope_changed') this.onScope(event);
    else this.parts.others?.onEvent(event);
  }

  private onKey(event: FeedEvent): void {
    const { publicId, sequence } = event;
    const entry = this.known.get(publicId);
    // Read after this change: a repeated event says nothing new, and must not undo a later one.
    if (entry !== undefined && entry.generation === this.feed.generation && sequence <= entry.sequence) return;
    this.unknown.delete(publicId);
    const flight = this.flights.get(publicId);
    if (flight !== undefined) flight.minimumSequence = Math.max(flight.minimumSequence, sequence);
    if (entry !== undefined) this.supersede(entry, event);
    if (event.kind === 'revoked') this.parts.onRevoked(publicId);
  }

  /** As `changed` for every key of the organisation or team; rare, so that walking over all of them is bearable. */
  private onScope({ sequence, organisationId, teamId }: FeedEvent): void {
    for (const flight of this.flights.values()) flight.minimumSequence = Math.max(flight.minimumSequence, sequence);
    // Listed first: what is superseded is put at the end of the map, where a walk over the map itself would meet it again.
    for (const [publicId, entry] of [...this.known.entries()]) {
      const { token } = entry;
      if (token === null || token.organisationId !== organisationId) continue;
      if (teamId === undefined || token.teamId === teamId) this.onKey({ sequence, publicId, kind: 'changed' });
    }
  }

  /** Auth is asked at the next call; should it be away, the old one serves for the grace, a revoked one is refused. */
  private supersede(entry: TokenEntry, { kind, publicId, sequence, secretId }: FeedEvent): void {
    const token = withoutSecret(entry.token, secretId);
    if (token !== null && kind === 'revoked') {
      this.known.set(publicId, { ...entry, token: { ...token, status: 'revoked', secrets: [] }, sequence, superseded: true });
    } else if (token?.status === 'active') this.known.set(publicId, { ...entry, token, superseded: true });
    // Suspended and perhaps restored: only auth can tell.
    else this.known.delete(publicId);
  }
}

const withoutSecret = (token: TokenSnapshot | null, ended: string | undefined): TokenSnapshot | null =>
  token === null || ended === undefined ? token : { ...token, secrets: token.secrets.filter(({ id }) => id !== ended) };

const NOBODY: TokenWaiter = { address: '', onToken: () => undefined };
