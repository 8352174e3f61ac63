import type { UpstreamCall } from '@tollgate/contracts';
import type { ServerStream } from '@tollgate/transport';
import { DemoAttempt } from '../demo/demo-attempt.js';
import type { SnapshotKeeper } from '../snapshot/snapshot-keeper.js';
import type { UpstreamsView } from '../snapshot/upstreams-view.js';
import type { CallParts } from './call-parts.js';
import { describeError } from './classify-error.js';
import { failOpening } from './fail-opening.js';
import { readCall } from './read-call.js';
import { UpstreamAttempt } from './upstream-attempt.js';

const MISCONFIGURED = 'The deployment of this model is not usable: tell the administrator.';

export interface CallServerSettings {
  /** Calls under way in this process; more are refused at once, so that another adapter can take them. */
  readonly callsMax: number;
}

/** Takes the calls that routers open and starts each at its deployment. */
export class CallServer {
  constructor(
    private readonly parts: CallParts,
    private readonly keeper: SnapshotKeeper,
    private readonly settings: CallServerSettings,
  ) {}

  handle(stream: ServerStream): void {
    let call: UpstreamCall;
    try {
      call = readCall(stream.meta);
    } catch (error) {
      failOpening(stream, 'internal_error', 'The call could not be read.', describeError(error));
      return;
    }
    if (this.parts.sweep.size >= this.settings.callsMax) {
      failOpening(
        stream,
        'overloaded',
        'The gateway is at its limit of calls under way.',
        `${this.parts.sweep.size} calls are under way`,
      );
      return;
    }
    const { view } = this.keeper;
    if (view !== null && view.revision >= call.revision && view.knows(call.deploymentId)) this.start(stream, call, view);
    else this.startAfterRefetch(stream, call);
  }

  private start(stream: ServerStream, call: UpstreamCall, view: UpstreamsView): void {
    const target = view.target(call.deploymentId, call.endpoint, call.dialect);
    if (!target.ok) {
      this.parts.logger.warn({ deploymentId: call.deploymentId, reason: target.error }, 'a deployment is not usable');
      failOpening(stream, 'misconfigured', MISCONFIGURED, target.error);
    } else if (target.value.demo) new DemoAttempt(this.parts, stream, call, target.value).start();
    else new UpstreamAttempt(this.parts, stream, call, target.value).start();
  }

  /** The router planned with a newer catalogue than ours, or ours has not come yet. */
  private startAfterRefetch(stream: ServerStream, call: UpstreamCall): void {
    let left = false;
    stream.onCancel = () => {
      left = true;
    };
    const goOn = (): void => {
      if (left) return;
      const { view } = this.keeper;
      if (view?.knows(call.deploymentId)) this.start(stream, call, view);
      else {
        const known = view === null ? 'no catalogue has come yet' : `the catalogue at revision ${view.revision} does not name it`;
        failOpening(stream, 'misconfigured', MISCONFIGURED, `deployment ${call.deploymentId}: ${known}`);
      }
    };
    // Where the fetch fails the old view may do.
    this.keeper.refetch().then(goOn, goOn);
  }
}
