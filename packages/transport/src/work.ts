/** Counts what is under way, so that a drain can wait for it. */
export class Work {
  #open = 0;
  #waiting: (() => void)[] = [];

  begin(): void {
    this.#open += 1;
  }

  finish(): void {
    this.#open -= 1;
    if (this.#open > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  idle(): Promise<void> {
    return this.#open === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }
}
