/** Something with a number that no other open stream has. */
export interface Numbered {
  readonly id: number;
}

const INITIAL_SLOTS = 64;

/**
 * The open streams by number. A number says its slot (its low bits), so a look-up is one read; the number itself is
 * compared, so that a late frame never reaches another stream. No `Map`: one with so much coming and going keeps what has
 * left it alive through its discarded tables (see Roster in the kernel).
 */
export class StreamTable<T extends Numbered> {
  #slots: (T | null)[] = new Array<T | null>(INITIAL_SLOTS).fill(null);
  #mask = INITIAL_SLOTS - 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): T | undefined {
    const stream = this.#slots[id & this.#mask];
    return stream != null && stream.id === id ? stream : undefined;
  }

  /** A number may be given out only where its slot is free. */
  isFree(id: number): boolean {
    return this.#slots[id & this.#mask] === null;
  }

  add(stream: T): void {
    this.#slots[stream.id & this.#mask] = stream;
    this.#size += 1;
    if (this.#size * 2 > this.#slots.length) this.#grow();
  }

  delete(id: number): boolean {
    if (this.get(id) === undefined) return false;
    this.#slots[id & this.#mask] = null;
    this.#size -= 1;
    return true;
  }

  /** Those open now; one that ends while they are walked is left out. */
  *values(): Generator<T> {
    for (const stream of this.#slots) if (stream !== null && this.get(stream.id) === stream) yield stream;
  }

  /** Streams in different slots stay in different slots: one more bit decides. */
  #grow(): void {
    const old = this.#slots;
    this.#slots = new Array<T | null>(old.length * 2).fill(null);
    this.#mask = old.length * 2 - 1;
    for (let index = 0; index < old.length; index += 1) {
      const stream = old[index];
      if (stream != null) this.#slots[stream.id & this.#mask] = stream;
    }
  }
}
