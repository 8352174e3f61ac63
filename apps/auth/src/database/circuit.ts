import type { Clock } from '@tollgate/kernel';

/** After a failure nobody asks for so long; then one does, and the rest wait for how that goes. */
const REST_MS = 500;

/** Keeps questions away from a database that has just failed, so that they are answered at once instead of piling up. */
export class Circuit {
  #restsUntil = 0;
  #failed = false;
  #trial = false;

  constructor(private readonly clock: Clock) {}

  /** True where the caller may ask; it then owes {@link succeeded} or {@link failed}. */
  enter(): boolean {
    if (!this.#failed) return true;
    if (this.#trial || this.clock.monotonic() < this.#restsUntil) return false;
    this.#trial = true;
    return true;
  }

  succeeded(): void {
    this.#failed = false;
    this.#trial = false;
  }

  failed(): void {
    this.#failed = true;
    this.#trial = false;
    this.#restsUntil = this.clock.monotonic() + REST_MS;
  }
}
