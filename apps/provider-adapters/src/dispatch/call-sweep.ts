import { type Clock, type Placed, Roster } from '@tollgate/kernel';

/** Something under way that has to be looked at now and then. */
export interface Swept extends Placed {
  /** @param nowMs monotonic */
  onSweep(nowMs: number): void;
}

const SWEEP_MS = 50;

/** One timer for the times of all calls, where a timer per call and phase would cost more than the call's own work. */
export class CallSweep {
  private readonly calls = new Roster<Swept>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly clock: Clock) {}

  get size(): number {
    return this.calls.size;
  }

  add(call: Swept): void {
    this.calls.add(call);
    this.timer ??= setInterval(() => this.sweep(), SWEEP_MS);
  }

  remove(call: Swept): void {
    this.calls.remove(call);
  }

  private sweep(): void {
    if (this.calls.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    const now = this.clock.monotonic();
    for (const call of this.calls.all()) if (call.place >= 0) call.onSweep(now);
  }
}
