/** The receiving half of the credit: absolute offsets, so that a lost or repeated grant does no harm. */
export class ReceiveWindow {
  #received = 0;
  #consumed = 0;
  #granted: number;

  constructor(private readonly windowBytes: number) {
    this.#granted = windowBytes;
  }

  get granted(): number {
    return this.#granted;
  }

  /** False where the sender went beyond its credit. */
  take(bytes: number): boolean {
    this.#received += bytes;
    return this.#received <= this.#granted;
  }

  /** True where a grant is worth sending: half of the window is free again. */
  consumed(bytes: number): boolean {
    this.#consumed = Math.min(this.#consumed + bytes, this.#received);
    const next = this.#consumed + this.windowBytes;
    if ((next - this.#granted) * 2 < this.windowBytes) return false;
    this.#granted = next;
    return true;
  }
}
