import { NO_USAGE, type Usage } from '@tollgate/contracts';
import { type CanonicalEvent, countTokens, estimateInput, type SettledUsage } from '@tollgate/dialects';

/** Adds up what was used of a stream, whole or cut. */
export class DialectUsage {
  private reported: Usage | null = null;
  private frames = 0;
  private bytes = 0;
  private started = false;
  private ended = false;

  see(event: CanonicalEvent): void {
    if (event.type === 'usage') this.reported = event.usage;
    else if (event.type === 'end') this.ended = true;
    else if (event.type === 'part_delta') {
      this.frames += 1;
      this.bytes += event.text.length;
    }
    this.started = true;
  }

  /** What the vendor says of a whole answer counts; of one that was cut, whatever is more: that, or what has passed. */
  settle(requestBytes: number): SettledUsage {
    const { reported } = this;
    const counted = countTokens(this.frames, this.bytes);
    if (reported !== null) {
      const said = reported.output + reported.reasoning + reported.outputAudio;
      if (this.ended || said >= counted) return { usage: reported, basis: this.ended ? 'reported' : 'counted' };
      return { usage: { ...reported, output: reported.output + counted - said }, basis: 'counted' };
    }
    const usage = { ...NO_USAGE, input: estimateInput(requestBytes), output: counted };
    return { usage, basis: this.started ? 'counted' : 'estimated' };
  }
}
