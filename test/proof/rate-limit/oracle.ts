export interface Rate {
  readonly limit: number;
  readonly periodMs: number;
  readonly burst: number;
}

/** One bucket that sees every call at once. `deficit`: by how much burst + rate x t was ever passed, in any interval. */
export class Oracle {
  deficit = 0;
  private level: number;
  private at = 0;
  private readonly rate: Rate;

  constructor(rate: Rate) {
    this.rate = rate;
    this.level = rate.burst;
  }

  /** This call was admitted. */
  admit(nowMs: number): void {
    this.advance(nowMs);
    this.level -= 1;
    this.deficit = Math.max(this.deficit, -this.level);
  }

  /** Could this call have been admitted? */
  tryAdmit(nowMs: number): boolean {
    this.advance(nowMs);
    if (this.level < 1 - 1e-9) return false;
    this.level -= 1;
    return true;
  }

  private advance(nowMs: number): void {
    if (nowMs <= this.at) return;
    this.level = Math.min(this.rate.burst, this.level + ((nowMs - this.at) * this.rate.limit) / this.rate.periodMs);
    this.at = nowMs;
  }
}

/**
 * Of calls whose moment of admission is only known to lie between their sending and their answer: the most by which any
 * interval surely held more than burst + rate x t. An interval from one sending to one answer holds all calls that lie in it.
 */
export function overAdmitted(rate: Rate, admitted: readonly { readonly sentAt: number; readonly answeredAt: number }[]): number {
  const byAnswer = [...admitted].sort((a, b) => a.answeredAt - b.answeredAt);
  const starts = admitted.map(({ sentAt }) => sentAt).sort((a, b) => a - b);
  let over = 0;
  for (const start of starts) {
    let inside = 0;
    for (const { sentAt, answeredAt } of byAnswer) {
      if (sentAt < start) continue;
      inside += 1;
      over = Math.max(over, inside - (rate.burst + ((answeredAt - start) * rate.limit) / rate.periodMs));
    }
  }
  return Math.max(0, over - 1e-6);
}
