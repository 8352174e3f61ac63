import { type FeedEvent, SUBJECTS, TokenResolveReplySchema, type TokenSnapshot } from '@tollgate/contracts';
import { type Clock, decodeJson, encodeJson } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';
import { LRUCache } from 'lru-cache';
import { MissLimiter } from './miss-limiter.js';
import { RevocationFeed } from './revocation-feed.js';

/** While the feed is stale an answer of auth counts for so long. */
const REVALIDATE_MS = 2_000;
const UNKNOWN_MS_MAX = 60_000;
const RESOLVE_MS_MAX = 3_000;
/** A call of a known token waits no longer than this on auth. */
const KNOWN_WAIT_MS_MAX = 40;
/** After a failure known tokens do not wait at all for so long. */
const AUTH_DOWN_MS = 1_000;
const FLIGHTS_MAX = 1_024;

export type TokenOutcome = 'fresh' | 'grace' | 'unverifiable' | 'throttled';

export interface TokenEntry {
  readonly publicId: string;
  /** null = there is no such token. */
  readonly token: TokenSnapshot | null;
  readonly validatedAt: number;
  readonly generation: number;
}

/** Who waits for a look-up; called exactly once. */
export interface TokenWaiter {
  readonly address: string;
  onToken(entry: TokenEntry | null, outcome: TokenOutcome): void;
}

interface Flight {
  waiters: TokenWaiter[];
  readonly known: TokenEntry | null;
  minimumSequence: number;
  timer: NodeJS.Timeout | null;
}

export interface TokenStoreParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly entriesMax: number;
  readonly outageGraceMs: number;
  /** A token was revoked: its live streams end. */
  onRevoked(publicId: string): void;
}

/** Tokens by public id: a bounded cache, kept honest by the revocation feed. */
export class TokenStore {
  readonly feed: RevocationFeed;
  private readonly known: LRUCache<string, TokenEntry>;
  // Apart from the known ones, so that a flood of made-up ids cannot push those out.
  private readonly unknown = new LRUCache<string, TokenEntry>({ max: 10_000 });
  private readonly flights = new Map<string, Flight>();
  private readonly limiter: MissLimiter;
  private authDownUntil = Number.NEGATIVE_INFINITY;

  constructor(private readonly parts: TokenStoreParts) {
    this.known = new LRUCache({ max: parts.entriesMax });
    this.limiter = new MissLimiter(parts.clock);
    this.feed = new RevocationFeed({ ...parts, onEvent: (event) => this.onEvent(event) });
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
    const flight = this.flights.get(publicId);
    if (flight !== undefined) {
      if (flight.known !== null && flight.timer === null && this.mayServe(flight.known)) waiter.onToken(flight.known, 'grace');
      else flight.waiters.push(waiter);
      return;
    }
    const known = this.known.get(publicId) ?? null;
    const grace = known !== null && this.mayServe(known);
    if (grace && this.parts.clock.monotonic() < this.authDownUntil) {
      waiter.onToken(known, 'grace');
      return;
    }
    if (known === null && !this.limiter.mayAsk(waiter.address)) {
      waiter.onToken(null, 'throttled');
      return;
    }
    if (this.flights.size >= FLIGHTS_MAX) {
      waiter.onToken(grace ? known : null, grace ? 'grace' : 'unverifiable');
      return;
    }
    const started: Flight = { waiters: [waiter], known, minimumSequence: -1, timer: null };
    if (grace) started.timer = setTimeout(() => this.onSlow(started), KNOWN_WAIT_MS_MAX);
    this.flights.set(publicId, started);
    void this.ask(publicId, started);
  }

  close(): void {
    this.feed.close();
    for (const flight of this.flights.values()) if (flight.timer !== null) clearTimeout(flight.timer);
  }

  private isFresh(entry: TokenEntry): boolean {
    const age = this.parts.clock.monotonic() - entry.validatedAt;
    if (age <= REVALIDATE_MS && entry.token?.policy.strict !== true) return true;
    if (!this.feed.fresh || entry.generation !== this.feed.generation) return false;
    return entry.token !== null || age <= UNKNOWN_MS_MAX;
  }

  /** In an outage: an API key that was good a short while ago. Management tokens and strict ones wait for auth. */
  private mayServe(entry: TokenEntry): boolean {
    if (entry.token === null || entry.token.type === 'a' || entry.token.policy.strict) return false;
    return this.parts.clock.monotonic() - entry.validatedAt <= this.parts.outageGraceMs;
  }

  private onSlow(flight: Flight): void {
    flight.timer = null;
    this.authDownUntil = this.parts.clock.monotonic() + AUTH_DOWN_MS;
    const { waiters } = flight;
    flight.waiters = [];
    for (const waiter of waiters) waiter.onToken(flight.known, 'grace');
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
    const grace = entry === null && flight.known !== null && flight.minimumSequence < 0 && this.mayServe(flight.known);
    for (const waiter of flight.waiters) {
      if (entry !== null) {
        if (entry.token === null) this.limiter.charge(waiter.address);
        waiter.onToken(entry, 'fresh');
      } else waiter.onToken(grace ? flight.known : null, grace ? 'grace' : 'unverifiable');
    }
  }

  /** null = auth itself cannot tell right now. */
  private async askAuth(publicId: string, flight: Flight): Promise<TokenEntry | null> {
    const body = encodeJson({ publicId });
    for (;;) {
      const { generation } = this.feed;
      const answer = await this.parts.transport.request(SUBJECTS.tokenResolve, body, { timeoutMs: RESOLVE_MS_MAX });
      const reply = TokenResolveReplySchema.parse(decodeJson(answer));
      if (reply.status === 'stale') return null;
      // A change went by while we asked: the answer may be from before it.
      if (reply.sequence < flight.minimumSequence) continue;
      const token = reply.status === 'found' ? reply.token : null;
      return { publicId, token, validatedAt: this.parts.clock.monotonic(), generation };
    }
  }

  private keep(entry: TokenEntry): void {
    if (entry.token === null) {
      this.known.delete(entry.publicId);
      this.unknown.set(entry.publicId, entry);
    } else {
      this.unknown.delete(entry.publicId);
      this.known.set(entry.publicId, entry);
    }
  }

  private onEvent(event: FeedEvent): void {
    this.known.delete(event.publicId);
    this.unknown.delete(event.publicId);
    const flight = this.flights.get(event.publicId);
    if (flight !== undefined) flight.minimumSequence = Math.max(flight.minimumSequence, event.sequence);
    if (event.kind === 'revoked') this.parts.onRevoked(event.publicId);
  }
}
