import type { FailureClass, RoutingDeployment } from '@tollgate/contracts';
import { BREAKER_DEFAULTS, Breaker, type BreakerSettings } from './breaker.js';

/** A wrong key does not mend itself within seconds, and every call with it is a failed one. */
const AUTHENTICATION_PAUSE_MS = 30_000;
/** Half of what is known of a latency is forgotten after so long: a slow one is looked at again. */
const LATENCY_HALF_LIFE_MS = 10_000;
/** Weight of the newest observation where it is better than the average. A worse one counts in full at once. */
const LATENCY_SHARE = 0.3;
const MINUTE_MS = 60_000;

interface CredentialState {
  readonly breaker: Breaker;
  /** One that it has failed at: to ask by. */
  deploymentId: string;
}

interface DeploymentState {
  inFlight: number;
  latencyMs: number;
  observedAt: number;
  /** Calls begun since then; counted for those that have a limit alone. */
  minuteStart: number;
  inMinute: number;
  readonly breaker: Breaker;
  /** It was last left because nobody answered there, rather than for what was answered. */
  outOfReach: boolean;
}

/** What may be worth a look: something that has been failing, and by which of its deployments to ask. */
export interface DueProbe {
  readonly of: 'credential' | 'deployment';
  readonly id: string;
  readonly deploymentId: string;
}

/** How an attempt ended. `silent`: the caller left or the gateway itself failed, which says nothing about the other side. */
export type AttemptEnd =
  | { readonly kind: 'answered' }
  | { readonly kind: 'failed'; readonly failure: FailureClass; readonly retryAfterMs: number | null }
  | { readonly kind: 'silent' };

/**
 * What this process has seen of each deployment: calls under way, how soon it begins to answer, and whether it answers at
 * all. Passive: it costs no call of its own. A wrong or unpaid key is a matter of the credential, everything else of the
 * deployment: a model that is overloaded says nothing about the others behind the same key.
 */
export class HealthBook {
  private readonly deployments = new Map<string, DeploymentState>();
  private readonly credentials = new Map<string, CredentialState>();

  constructor(private readonly settings: BreakerSettings = BREAKER_DEFAULTS) {}

  /** Would it be wise to call it now? */
  usable(deployment: RoutingDeployment, now: number): boolean {
    const state = this.deployments.get(deployment.id);
    if (state !== undefined && !state.breaker.allows(now)) return false;
    const { credentialId } = deployment;
    return credentialId === undefined || (this.credentials.get(credentialId)?.breaker.allows(now) ?? true);
  }

  /** When it becomes usable again, monotonic ms; 0 = it is. */
  usableAt(deployment: RoutingDeployment, now: number): number {
    const own = this.deployments.get(deployment.id)?.breaker.opensAt(now) ?? 0;
    const { credentialId } = deployment;
    return Math.max(own, credentialId === undefined ? 0 : (this.credentials.get(credentialId)?.breaker.opensAt(now) ?? 0));
  }

  inFlight(deploymentId: string): number {
    return this.deployments.get(deploymentId)?.inFlight ?? 0;
  }

  /** At the limits that the deployment asks for, as far as this process calls it. */
  isFull({ id, limits }: RoutingDeployment, now: number): boolean {
    if (limits === undefined) return false;
    const state = this.deployments.get(id);
    if (state === undefined) return false;
    if (limits.concurrentCalls !== undefined && state.inFlight >= limits.concurrentCalls) return true;
    return (
      limits.requestsPerMinute !== undefined && now - state.minuteStart < MINUTE_MS && state.inMinute >= limits.requestsPerMinute
    );
  }

  /** Milliseconds to the first byte, a moving average that fades; 0 = nothing is known. */
  latencyMs(deploymentId: string, now: number): number {
    const state = this.deployments.get(deploymentId);
    if (state === undefined || state.latencyMs === 0) return 0;
    return state.latencyMs * 0.5 ** ((now - state.observedAt) / LATENCY_HALF_LIFE_MS);
  }

  /** Each `begin` is followed by one `end`. */
  begin(deployment: RoutingDeployment, now: number): void {
    const state = this.stateOf(deployment.id);
    state.inFlight += 1;
    if (deployment.limits !== undefined) countInMinute(state, now);
    state.breaker.begin(now);
    if (deployment.credentialId !== undefined) this.credentials.get(deployment.credentialId)?.breaker.begin(now);
  }

  /** The first byte of an answer is here: that is a success, whenever the last one comes. */
  answering(deployment: RoutingDeployment, firstByteMs: number, now: number): void {
    const state = this.stateOf(deployment.id);
    state.breaker.succeed(now);
    if (deployment.credentialId !== undefined) this.credentials.get(deployment.credentialId)?.breaker.succeed(now);
    observe(state, firstByteMs, now);
  }

  end(deployment: RoutingDeployment, end: AttemptEnd, now: number): void {
    const state = this.stateOf(deployment.id);
    state.inFlight = Math.max(0, state.inFlight - 1);
    if (end.kind === 'answered') return;
    const credential = deployment.credentialId === undefined ? undefined : this.credentials.get(deployment.credentialId)?.breaker;
    if (end.kind === 'silent') {
      state.breaker.release();
      credential?.release();
      return;
    }
    if (end.kind === 'failed' && end.failure === 'authentication') {
      state.breaker.release();
      this.breakerOfCredential(deployment, state).fail(now, AUTHENTICATION_PAUSE_MS);
      return;
    }
    state.outOfReach = end.failure === 'unreachable' || end.failure === 'timeout';
    if (state.outOfReach) credential?.release();
    else credential?.succeed(now);
    // It has read the request and answered: nothing is wrong with it.
    if (end.failure === 'context_window' || end.failure === 'content_policy') state.breaker.succeed(now);
    else state.breaker.fail(now, end.failure === 'rate_limit' ? (end.retryAfterMs ?? 0) : 0);
  }

  /** Forgets what is no longer there; to be called with each new snapshot, so that the book does not outgrow it. */
  keepOnly(deployments: ReadonlyMap<string, RoutingDeployment>): void {
    const credentials = new Set<string>();
    for (const { credentialId } of deployments.values()) if (credentialId !== undefined) credentials.add(credentialId);
    for (const [id, state] of this.deployments) if (!deployments.has(id) && state.inFlight === 0) this.deployments.delete(id);
    for (const id of this.credentials.keys()) if (!credentials.has(id)) this.credentials.delete(id);
  }

  /** What could be looked at by a call that costs nothing before it is tried with somebody's; each is named once per pause. */
  dueProbes(now: number, leadMs: number): DueProbe[] {
    const due: DueProbe[] = [];
    for (const [id, { breaker, deploymentId }] of this.credentials) {
      if (breaker.probeIsDue(now, leadMs)) due.push({ of: 'credential', id, deploymentId });
    }
    for (const [id, { breaker, outOfReach }] of this.deployments) {
      if (outOfReach && breaker.probeIsDue(now, leadMs)) due.push({ of: 'deployment', id, deploymentId: id });
    }
    return due;
  }

  /** `well`: it is tried again at once; `ill`: it is left for another, longer pause. */
  noteProbe({ of, id }: DueProbe, found: 'well' | 'ill', now: number): void {
    const breaker = of === 'credential' ? this.credentials.get(id)?.breaker : this.deployments.get(id)?.breaker;
    if (found === 'well') breaker?.succeed(now);
    else breaker?.extend(now);
  }

  get size(): number {
    return this.deployments.size + this.credentials.size;
  }

  private stateOf(id: string): DeploymentState {
    let state = this.deployments.get(id);
    if (state === undefined) {
      state = {
        inFlight: 0,
        latencyMs: 0,
        observedAt: 0,
        minuteStart: 0,
        inMinute: 0,
        breaker: new Breaker(this.settings),
        outOfReach: false,
      };
      this.deployments.set(id, state);
    }
    return state;
  }

  private breakerOfCredential(deployment: RoutingDeployment, state: DeploymentState): Breaker {
    const { credentialId } = deployment;
    if (credentialId === undefined) return state.breaker;
    const known = this.credentials.get(credentialId);
    if (known !== undefined) {
      known.deploymentId = deployment.id;
      return known.breaker;
    }
    const breaker = new Breaker(this.settings);
    this.credentials.set(credentialId, { breaker, deploymentId: deployment.id });
    return breaker;
  }
}

function countInMinute(state: DeploymentState, now: number): void {
  if (now - state.minuteStart >= MINUTE_MS) {
    state.minuteStart = now;
    state.inMinute = 0;
  }
  state.inMinute += 1;
}

/** Peaks count at once and fade: a provider that slows down is left quickly and looked at again soon. */
function observe(state: DeploymentState, firstByteMs: number, now: number): void {
  const known = state.latencyMs === 0 ? 0 : state.latencyMs * 0.5 ** ((now - state.observedAt) / LATENCY_HALF_LIFE_MS);
  const next = firstByteMs >= known ? firstByteMs : known + LATENCY_SHARE * (firstByteMs - known);
  state.latencyMs = Math.max(next, 0.001);
  state.observedAt = now;
}
