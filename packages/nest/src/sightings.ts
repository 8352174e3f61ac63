import { SUBJECTS, type WatchReply, WatchReplySchema, type WatchSighting } from '@tollgate/contracts';
import { type Clock, decodeJson, encodeJson } from '@tollgate/kernel';
import { digestsOfToken, type ParsedToken, type PepperSet } from '@tollgate/policy';
import type { Logger } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';
import { type Caller, CallerMarks } from './caller-marks.js';

/** What was seen is told so soon; what is like it meanwhile is counted with it. */
const SEND_AFTER_MS = 200;
const RETRY_MS = 2_000;
const BATCH = 250;
/** Of different kinds, keys, callers and reasons at once. */
const KEPT_MAX = 1_000;
/** Wrong secrets of one key that are told apart: whoever sends many is guessing, and pushes nobody else out. */
const SECRETS_OF_KEY_MAX = 8;
/** Auth answered, and not with a yes: whatever is wrong with a batch must not hold up those after it for ever. */
const ATTEMPTS_MAX = 5;
const ANSWER_MS_MAX = 5_000;
/** The end of a process waits no longer than this for an auth that is away. */
const CLOSE_MS_MAX = 1_000;

export interface SightingsParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly peppers: PepperSet;
}

export interface RefusedSighting {
  readonly reason: string;
  /** null where the secret was not found good. */
  readonly secretId: string | null;
  /** The scope that was asked for. */
  readonly permission: string;
}

type ExposedSighting = Pick<
  Extract<WatchSighting, { kind: 'exposed' }>,
  'place' | 'done' | 'callerTokenId' | 'callerOrganisationId'
>;

/** Tells auth what is out of the ordinary: refusals, tokens that are none, tokens where none belongs. Good calls never come here. */
export class Sightings {
  private kept = new Map<string, WatchSighting>();
  private readonly marks = new CallerMarks();
  /** Keys of which secrets that are not known were sent since the last batch. */
  private readonly guesses = new Map<string, number>();
  private timer: NodeJS.Timeout | null = null;
  private sending: Promise<void> | null = null;
  private dropped = 0;
  private attempts = 0;
  private closing = false;

  constructor(private readonly parts: SightingsParts) {}

  /** A token of the right shape was refused. */
  refused(token: ParsedToken, refusal: RefusedSighting, caller: Caller): void {
    const { publicId } = token;
    const { reason, secretId, permission } = refusal;
    if (reason === 'unknown_token') {
      this.garbage(caller);
      return;
    }
    const digests = secretId === null ? digestsOfToken(this.parts.peppers, token.text) : [];
    const name = `r ${publicId} ${secretId ?? digests[0]?.digest} ${reason} ${permission}`;
    if (secretId === null && !this.kept.has(this.nameWith(name, caller)) && !this.mayGuess(publicId)) {
      this.garbage(caller);
      return;
    }
    this.note(name, caller, (common) => ({ ...common, kind: 'refused', publicId, reason, secretId, digests, permission }));
  }

  /** Something that is no token, or one that nobody was given. */
  garbage(caller: Caller): void {
    this.note('g', caller, (common) => ({ ...common, kind: 'garbage' }));
  }

  exposed(token: ParsedToken, exposure: ExposedSighting, caller: Caller): void {
    const { publicId } = token;
    const digests = digestsOfToken(this.parts.peppers, token.text);
    const { place, done, callerTokenId } = exposure;
    const name = `e ${publicId} ${digests[0]?.digest} ${place} ${done} ${callerTokenId}`;
    this.note(name, caller, (common) => ({ ...common, ...exposure, kind: 'exposed', publicId, digests }));
  }

  /** Sends what there is; what auth cannot take now is kept for the next time. */
  flush(): Promise<void> {
    this.sending ??= this.send().finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  async close(): Promise<void> {
    this.closing = true;
    await this.sending;
    await this.flush();
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private note(
    name: string,
    caller: Caller,
    make: (common: Pick<WatchSighting, 'at' | 'count' | 'network' | 'userAgent'>) => WatchSighting,
  ): void {
    const at = this.parts.clock.now();
    const { network, program: userAgent } = this.marks.of(caller);
    const key = `${name} ${network} ${userAgent}`;
    const known = this.kept.get(key);
    if (known !== undefined) {
      known.at = at;
      known.count += 1;
    } else if (this.kept.size >= KEPT_MAX) this.dropped += 1;
    else this.kept.set(key, make({ at, count: 1, network, userAgent }));
    this.timer ??= setTimeout(() => void this.flush(), SEND_AFTER_MS).unref();
  }

  private nameWith(name: string, caller: Caller): string {
    const { network, program } = this.marks.of(caller);
    return `${name} ${network} ${program}`;
  }

  private mayGuess(publicId: string): boolean {
    const before = this.guesses.get(publicId) ?? 0;
    if (before >= SECRETS_OF_KEY_MAX) return false;
    this.guesses.set(publicId, before + 1);
    return true;
  }

  private async send(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.guesses.clear();
    if (this.dropped > 0) this.parts.logger.warn({ count: this.dropped }, 'more was seen than can be reported at once');
    this.dropped = 0;
    while (this.kept.size > 0) {
      const batch = [...this.kept].slice(0, BATCH);
      // What is seen from now on is counted anew.
      for (const [name] of batch) this.kept.delete(name);
      if (await this.sendBatch(batch.map(([, sighting]) => sighting))) continue;
      for (const [name, sighting] of batch) this.putBack(name, sighting);
      if (!this.closing) this.timer ??= setTimeout(() => void this.flush(), RETRY_MS).unref();
      return;
    }
  }

  private putBack(name: string, sighting: WatchSighting): void {
    const since = this.kept.get(name);
    if (since !== undefined) since.count += sighting.count;
    else if (this.kept.size >= KEPT_MAX) this.dropped += sighting.count;
    else this.kept.set(name, sighting);
  }

  /** False where it is to be tried again. */
  private async sendBatch(sightings: readonly WatchSighting[]): Promise<boolean> {
    const { transport, logger } = this.parts;
    try {
      const body = encodeJson({ v: 1, sightings });
      const answer = await transport.request(SUBJECTS.watchReport, body, {
        timeoutMs: this.closing ? CLOSE_MS_MAX : ANSWER_MS_MAX,
      });
      const reply: WatchReply = WatchReplySchema.parse(decodeJson(answer));
      this.attempts = 0;
      return reply.status === 'ok';
    } catch (error) {
      this.attempts += 1;
      if (this.attempts < ATTEMPTS_MAX) return false;
      this.attempts = 0;
      logger.warn({ error, count: sightings.length }, 'what was seen could not be reported');
      return true;
    }
  }
}
