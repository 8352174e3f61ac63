import { hash } from 'node:crypto';
import { fail, type Result } from '@tollgate/kernel';
import type { JwtKeys } from './jwt-keys.js';
import { type AccessToken, type JwtRefusalReason, verifyAccessToken } from './verify-access-token.js';

type Verdict = Result<AccessToken, JwtRefusalReason>;

/**
 * Verdicts on access tokens. A signature costs 75 us to check, a second look at the same text less than 1 us: good ones are kept
 * by the SHA-256 of the text until they expire. Bad ones are not, so that a flood of them pushes nothing out. What was denied
 * is asked for each time.
 */
export class JwtVerdicts {
  #keys: JwtKeys | null = null;
  readonly #good = new Map<string, Verdict & { readonly ok: true }>();
  /** jti -> milliseconds since the epoch. */
  readonly #denied = new Map<string, number>();

  constructor(private readonly entriesMax: number) {}

  /** false: no keys have come yet, and nothing can be said. */
  get ready(): boolean {
    return this.#keys !== null;
  }

  get size(): number {
    return this.#good.size;
  }

  /** New keys; what an old one has signed is checked again. */
  setKeys(keys: JwtKeys): void {
    this.#keys = keys;
    this.#good.clear();
  }

  deny(jti: string, expiresAt: number): void {
    this.#denied.set(jti, expiresAt);
  }

  /** `now` in milliseconds since the epoch. */
  check(text: string, now: number): Verdict {
    if (this.#keys === null) return fail('jwt_unknown_key');
    const name = hash('sha256', text, 'base64');
    const known = this.#good.get(name);
    const verdict = known ?? verifyAccessToken(text, this.#keys, now);
    if (!verdict.ok) return verdict;
    if (verdict.value.expiresAt <= now) {
      this.#good.delete(name);
      return fail('jwt_expired');
    }
    if (known === undefined) this.#keep(name, verdict);
    return this.#denied.size > 0 && this.#denied.has(verdict.value.jti) ? fail('jwt_denied') : verdict;
  }

  /** Forgets what has expired; to be called now and then. */
  sweep(now: number): void {
    for (const [jti, expiresAt] of this.#denied) if (expiresAt <= now) this.#denied.delete(jti);
    for (const [name, { value }] of this.#good) if (value.expiresAt <= now) this.#good.delete(name);
  }

  /** The eldest goes first: it is the next to expire, too. */
  #keep(name: string, verdict: Verdict & { readonly ok: true }): void {
    this.#good.set(name, verdict);
    if (this.#good.size <= this.entriesMax) return;
    for (const eldest of this.#good.keys()) {
      this.#good.delete(eldest);
      return;
    }
  }
}
