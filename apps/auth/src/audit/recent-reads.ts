import type { Clock } from '@tollgate/kernel';

const WITHIN_MS = 60_000;
const KEPT_MAX = 5_000;

/** What was noted within the last minute, so that a page that refreshes itself does not fill the trail. */
export class RecentReads {
  /** By key, oldest first. */
  private readonly notedAt = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  /** Notes it, or not where the same was noted within the minute. A note that fails counts as none. */
  async once(key: string, note: () => Promise<void>): Promise<void> {
    const now = this.clock.monotonic();
    const before = this.notedAt.get(key);
    if (before !== undefined && now - before < WITHIN_MS) return;
    await note();
    this.notedAt.delete(key);
    this.notedAt.set(key, now);
    if (this.notedAt.size <= KEPT_MAX) return;
    const [oldest] = this.notedAt.keys();
    if (oldest !== undefined) this.notedAt.delete(oldest);
  }
}
