interface Event {
  readonly at: number;
  readonly order: number;
  run(): void | Promise<void>;
}

/** A virtual clock in milliseconds: events run one after the other, each to its end, however long that takes outside. */
export class EventQueue {
  now = 0;
  private count = 0;
  private readonly heap: Event[] = [];

  after(delayMs: number, run: Event['run']): void {
    this.count += 1;
    this.heap.push({ at: this.now + delayMs, order: this.count, run });
    for (let index = this.heap.length - 1; index > 0; ) {
      const parent = (index - 1) >> 1;
      if (!this.less(index, parent)) break;
      this.swap(index, parent);
      index = parent;
    }
  }

  async run(untilMs: number): Promise<void> {
    for (let next = this.heap[0]; next !== undefined && next.at <= untilMs; next = this.heap[0]) {
      this.pop();
      this.now = next.at;
      const waits = next.run();
      if (waits !== undefined) await waits;
    }
    this.now = Math.max(this.now, untilMs);
  }

  private pop(): void {
    const last = this.heap.pop() as Event;
    if (this.heap.length === 0) return;
    this.heap[0] = last;
    for (let index = 0; ; ) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) if (child < this.heap.length && this.less(child, least)) least = child;
      if (least === index) return;
      this.swap(index, least);
      index = least;
    }
  }

  private less(a: number, b: number): boolean {
    const [left, right] = [this.heap[a] as Event, this.heap[b] as Event];
    return left.at < right.at || (left.at === right.at && left.order < right.order);
  }

  private swap(a: number, b: number): void {
    [this.heap[a], this.heap[b]] = [this.heap[b] as Event, this.heap[a] as Event];
  }
}
