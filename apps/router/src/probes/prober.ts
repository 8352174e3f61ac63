import { type CredentialTestReply, CredentialTestReplySchema, SUBJECTS, type UpstreamProbeRequest } from '@tollgate/contracts';
import { type Clock, decodeJson, encodeJson } from '@tollgate/kernel';
import type { DueProbe, HealthBook } from '@tollgate/policy';
import type { Logger } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';

/** Before the pause is over, so that the answer is there when it is. */
const LEAD_MS = 2_000;
const TIMEOUT_MS = 10_000;
const AT_ONCE_MAX = 16;

export interface ProberParts {
  readonly transport: Transport;
  readonly health: HealthBook;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Looks after what has been failing by calls that cost nothing: a key that was refused, a place that nobody answered at. So the
 * trial after a pause is nobody's call where the answer can be had for free. Where it cannot, a call is the trial, as before.
 */
export class Prober {
  private underWay = 0;

  constructor(private readonly parts: ProberParts) {}

  /** To be called about once a second. */
  look(): void {
    const { health, clock } = this.parts;
    if (this.underWay >= AT_ONCE_MAX) return;
    for (const due of health.dueProbes(clock.monotonic(), LEAD_MS)) void this.probe(due);
  }

  private async probe(due: DueProbe): Promise<void> {
    const { transport, health, clock, logger } = this.parts;
    const request: UpstreamProbeRequest = { v: 1, deploymentId: due.deploymentId };
    this.underWay += 1;
    try {
      const answer = await transport.request(SUBJECTS.upstreamProbe, encodeJson(request), { timeoutMs: TIMEOUT_MS });
      const { outcome, reached } = CredentialTestReplySchema.parse(decodeJson(answer));
      const found = foundBy(due, outcome, reached);
      if (found !== null) health.noteProbe(due, found, clock.monotonic());
      logger.debug({ ...due, outcome, reached }, 'what has been failing was looked at');
    } catch {
      // No adapter, or none that knows this question: the next call is the trial.
    } finally {
      this.underWay -= 1;
    }
  }
}

/** null = nothing was learnt. That a place answers says nothing of why it did not: only that a call is worth a try. */
function foundBy({ of }: DueProbe, outcome: CredentialTestReply['outcome'], reached: boolean | undefined): 'well' | 'ill' | null {
  if (of === 'credential') return outcome === 'accepted' ? 'well' : outcome === 'refused' ? 'ill' : null;
  return reached === false ? 'ill' : null;
}
