import type { Clock } from '@tollgate/kernel';
import type { TransportLog } from '../log.js';
import { Sweeper } from '../sweeper.js';
import { Outbox, Peer, type Wire } from './outbox.js';

/** Milliseconds between two looks at the open streams. */
export const TICK_MS = 250;
/** Heartbeat: nothing has been sent for this many ticks (1 s). */
export const HEARTBEAT_TICKS = 4;
/** Dead: nothing has been heard for this many ticks (3 s and at most one tick more). */
export const SILENCE_TICKS = 13;
/** An acceptance waits so long for a first frame to travel with, milliseconds. */
export const ACCEPT_DELAY_MS = 20;
/** A process that no stream has been opened with for so many ticks (a minute) is forgotten. */
const PEER_TICKS = 240;

/** What is done when the timer fires. */
export interface Sweeps {
  acceptWaiting(): void;
  /** Deadlines, and after a tick heartbeats and silence; false where no stream is open. Asks anew for each deadline to come. */
  look(nowMs: number, ticked: boolean): boolean;
}

/** What the streams of one connection share. */
export class Hub {
  /**
   * Silence is counted in ticks, not in time: a process that was stalled for seconds gets one tick for them, and reads
   * what waits in its socket before it calls the other side dead.
   */
  tick = 0;
  connected = true;
  readonly outbox: Outbox;
  readonly #peers = new Map<string, Peer>();
  readonly #sweeper: Sweeper;
  #nextTickAtMs = Number.POSITIVE_INFINITY;
  #deadlineAtMs = Number.POSITIVE_INFINITY;

  constructor(
    readonly clock: Clock,
    readonly log: TransportLog,
    wire: Wire,
    /** Subject that this process takes frames on, as bytes. */
    readonly inbox: Uint8Array,
    private readonly sweeps: Sweeps,
  ) {
    this.outbox = new Outbox(wire, () => this.connected, log, clock);
    this.#sweeper = new Sweeper(clock, () => this.#sweep());
  }

  /** Asks for acceptances to leave at a monotonic time, milliseconds. */
  wakeBy(atMs: number): void {
    this.#sweeper.wakeBy(atMs);
  }

  /** Asks for a look at all streams and requests at a monotonic time, milliseconds. */
  deadlineBy(atMs: number): void {
    if (atMs >= this.#deadlineAtMs) return;
    this.#deadlineAtMs = atMs;
    this.#sweeper.wakeBy(atMs);
  }

  /** A stream is open: ticks go on until none is. */
  keepTicking(nowMs: number): void {
    if (this.#nextTickAtMs !== Number.POSITIVE_INFINITY) return;
    this.#nextTickAtMs = nowMs + TICK_MS;
    this.#sweeper.wakeBy(this.#nextTickAtMs);
  }

  peer(subject: string): Peer {
    let peer = this.#peers.get(subject);
    if (peer === undefined) {
      peer = new Peer(this.outbox, subject);
      this.#peers.set(subject, peer);
    }
    peer.usedTick = this.tick;
    return peer;
  }

  serverPeer(inbox: Uint8Array): Peer {
    return this.peer(Buffer.from(inbox.buffer, inbox.byteOffset, inbox.length).toString('latin1'));
  }

  stop(): void {
    this.#sweeper.stop();
  }

  #sweep(): void {
    const nowMs = this.clock.monotonic();
    const ticked = nowMs >= this.#nextTickAtMs;
    if (ticked) {
      this.tick += 1;
      this.#nextTickAtMs = nowMs + TICK_MS;
      if (this.tick % PEER_TICKS === 0) this.#forgetPeers();
    }
    this.sweeps.acceptWaiting();
    if (ticked || nowMs >= this.#deadlineAtMs) {
      this.#deadlineAtMs = Number.POSITIVE_INFINITY;
      if (!this.sweeps.look(nowMs, ticked)) this.#nextTickAtMs = Number.POSITIVE_INFINITY;
    }
    const next = Math.min(this.#nextTickAtMs, this.#deadlineAtMs);
    if (next !== Number.POSITIVE_INFINITY) this.#sweeper.wakeBy(next);
  }

  /** A stream that is still open holds its peer itself; two of one subject do no harm. */
  #forgetPeers(): void {
    for (const [subject, peer] of this.#peers) if (this.tick - peer.usedTick > PEER_TICKS) this.#peers.delete(subject);
  }
}
