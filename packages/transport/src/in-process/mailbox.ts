/** Takes one handed-over item. */
export interface Recipient<K> {
  receive(kind: K, payload: unknown): void;
}

/** Deliveries of one microtask before the event loop gets a turn: two sides that feed each other must not starve it. */
const BATCH = 512;

/**
 * Hands items over in the order they were posted, never within the call that posts them: whoever sends from inside a
 * callback finds its own state as it left it.
 */
export class Mailbox<K> {
  #recipients: Recipient<K>[] = [];
  #kinds: K[] = [];
  #payloads: unknown[] = [];
  #head = 0;
  #scheduled = false;
  readonly #run = (): void => this.#deliver();

  /** @param onThrow hears what a recipient throws; the items behind it are handed over all the same */
  constructor(private readonly onThrow: (error: unknown) => void) {}

  post(recipient: Recipient<K>, kind: K, payload: unknown): void {
    this.#recipients.push(recipient);
    this.#kinds.push(kind);
    this.#payloads.push(payload);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(this.#run);
  }

  #deliver(): void {
    for (let count = 0; count < BATCH && this.#head < this.#recipients.length; count += 1) {
      const index = this.#head;
      this.#head += 1;
      try {
        (this.#recipients[index] as Recipient<K>).receive(this.#kinds[index] as K, this.#payloads[index]);
      } catch (error) {
        this.onThrow(error);
      }
    }
    if (this.#head < this.#recipients.length) {
      this.#compact();
      setImmediate(this.#run);
      return;
    }
    this.#head = 0;
    this.#recipients.length = 0;
    this.#kinds.length = 0;
    this.#payloads.length = 0;
    this.#scheduled = false;
  }

  #compact(): void {
    this.#recipients.splice(0, this.#head);
    this.#kinds.splice(0, this.#head);
    this.#payloads.splice(0, this.#head);
    this.#head = 0;
  }
}
