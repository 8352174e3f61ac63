/** A virtual clock in milliseconds: a binary heap of timed events. */
export class EventQueue {
  now = 0;
  #count = 0;
  readonly #heap: { readonly at: number; readonly order: number; readonly run: () => void }[] = [];

  after(delayMs: number, run: () => void): void {
    this.#count += 1;
    const heap = this.#heap;
    let index = heap.push({ at: this.now + delayMs, order: this.#count, run }) - 1;
    while (index > 0 && this.#less(index, (index - 1) >> 1)) {
      this.#swap(index, (index - 1) >> 1);
      index = (index - 1) >> 1;
    }
  }

  run(untilMs: number): void {
    for (let next = this.#heap[0]; next !== undefined && next.at <= untilMs; next = this.#heap[0]) {
      this.#pop();
      this.now = next.at;
      next.run();
    }
    this.now = Math.max(this.now, untilMs);
  }

  #pop() {
    const heap = this.#heap;
    const [top] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    heap[0] = last;
    let index = 0;
    for (;;) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) if (child < heap.length && this.#less(child, least)) least = child;
      if (least === index) return top;
      this.#swap(index, least);
      index = least;
    }
  }

  #less(a: number, b: number): boolean {
    const [left, right] = [this.#heap[a], this.#heap[b]];
    if (left === undefined || right === undefined) return false;
    return left.at < right.at || (left.at === right.at && left.order < right.order);
  }

  #swap(a: number, b: number): void {
    const [left, right] = [this.#heap[a], this.#heap[b]];
    if (left === undefined || right === undefined) return;
    this.#heap[a] = right;
    this.#heap[b] = left;
  }
}
