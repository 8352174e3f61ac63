import type { IncomingMessage, ServerResponse } from 'node:http';
import type { UsageAttempt, UsageBasis } from '@tollgate/contracts';
import type { Peek, PeekReader, RequestHints } from '@tollgate/dialects';
import type { ErrorCode, Result } from '@tollgate/kernel';
import { EMPTY_BYTES } from '@tollgate/kernel';
import { clientAddress } from '@tollgate/nest';
import type {
  AccessToken,
  BudgetTicket,
  Course,
  Hold,
  JwtRefusalReason,
  ParsedToken,
  Plan,
  PreparedAccess,
  VerifiedToken,
} from '@tollgate/policy';
import type { TraceContext } from '@tollgate/telemetry';
import type { JwtWaiter } from '../snapshot/jwt-store.js';
import type { TokenEntry, TokenOutcome, TokenWaiter } from '../snapshot/token-store.js';
import type { Segment } from '../spool/segment.js';
import type { SpoolEntry } from '../spool/spool.js';
import type { AttemptReceiver, AttemptSteps } from './attempt.js';
import type { CallSize } from './bound-call.js';
import type { Bounds } from './bounds.js';
import type { CallList, Linked } from './call-list.js';
import type { GateParts } from './gate.js';
import type { Ingress } from './ingress.js';

export type CallPhase = 'authenticating' | 'reading' | 'admitting' | 'relaying' | 'settling' | 'done';
export type CallOutcome = 'succeeded' | 'failed' | 'refused' | 'cancelled' | 'interrupted';

/** All that a call needs, made once at boot. */
export interface Gate extends GateParts {
  readonly calls: CallList<Call>;
}
export type Attempt = AttemptReceiver<Call>;
export type CallSteps = AttemptSteps<Call>;

const nothing = (): void => undefined;
const NO_HOLDS: readonly Hold[] = Object.freeze([]);

/**
 * One request from its first header to its settlement. Holds state only; the steps are functions in the files named after
 * them. `after*` say where to go on when something asynchronous comes back: functions, not closures.
 */
export class Call implements SpoolEntry, TokenWaiter, JwtWaiter, Linked<Call> {
  phase: CallPhase = 'authenticating';
  // Links of CallList.
  next: Call | null = null;
  previous: Call | null = null;
  listed = false;
  // Of the spool.
  place = -1;
  intentSegment: Segment | null = null;
  intentText = '';

  clientRequestId: string | null = null;
  /** Milliseconds from the start, null = the route's. */
  timeoutMs: number | null = null;
  metadata: Readonly<Record<string, string>> = {};
  parsed: ParsedToken | null = null;
  /** Instead of a token of ours. */
  jwt: AccessToken | null = null;
  verified: VerifiedToken | null = null;
  unverified = false;
  /** The rules of the token and its parents, made ready. */
  access: PreparedAccess | null = null;
  /** Of the gateway or of the token, whichever is less; set once the token is known. */
  bodyBytesMax = 0;

  /** What the path says of the call where the body does not. */
  hints: RequestHints | undefined = undefined;
  reader: PeekReader | null = null;
  peek: Peek | null = null;
  chunks: Uint8Array[] = [];
  body: Uint8Array = EMPTY_BYTES;
  bodyBytes = 0;
  bodyWhole = false;
  /** Monotonic time of the last sign of life from the caller (reading) or of the last byte to them (relaying). */
  movedAt = 0;

  scope = '';
  bounds: Bounds | null = null;
  /** Where limits or budgets are counted in tokens or money. */
  size: CallSize | null = null;
  /** What comes back, in whole or in part, when the call is over. */
  holds: readonly Hold[] = NO_HOLDS;
  /** Of one answer; null = none but the caller's own. */
  outputCap: number | null = null;
  ticket: BudgetTicket | null = null;
  plan: Plan | null = null;
  /** Where on the plan it is. */
  course: Course | null = null;
  /** Of the snapshot that was planned with. */
  revision = 0;
  /** Monotonic milliseconds. */
  deadlineAt = 0;
  attempts: UsageAttempt[] = [];
  attempt: Attempt | null = null;
  retryTimer: NodeJS.Timeout | null = null;

  headSent = false;
  /** The answer goes in chunks, whose borders `write-chunk.ts` makes. */
  chunked = false;
  statusSent = 0;
  responseBytes = 0;
  /** Bytes that wait for the caller's socket. */
  heldCredit = 0;
  firstByteMs: number | null = null;
  overheadMs: number | null = null;
  basis: UsageBasis = 'none';
  errorCode: ErrorCode | null = null;
  /** What is handed to the socket once the settlement is on file. */
  lastBytes: Uint8Array | null = null;
  lastHead: string[] | null = null;

  afterAuthentication: (call: Call) => void = nothing;
  afterJwt: (call: Call, verdict: Result<AccessToken, JwtRefusalReason> | null) => void = nothing;
  afterToken: (call: Call, entry: TokenEntry | null, outcome: TokenOutcome) => void = nothing;
  afterIntent: (call: Call, written: boolean) => void = nothing;
  afterSettlement: (call: Call) => void = nothing;
  afterFinish: (call: Call) => void = nothing;

  constructor(
    readonly gate: Gate,
    readonly ingress: Ingress,
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    readonly id: string,
    readonly trace: TraceContext,
    /** Milliseconds since the epoch. */
    readonly startedAt: number,
    /** Monotonic. */
    readonly startedMono: number,
  ) {
    this.movedAt = startedMono;
  }

  get address(): string {
    return clientAddress(this.request);
  }
  get userAgent(): string | undefined {
    return this.request.headers['user-agent'];
  }
  get stream(): boolean {
    return this.peek?.stream ?? false;
  }
  /** Settled, or on the way: nothing else may decide the outcome. */
  get over(): boolean {
    return this.phase === 'settling' || this.phase === 'done';
  }

  elapsedMs(): number {
    return this.gate.clock.monotonic() - this.startedMono;
  }

  onToken(entry: TokenEntry | null, outcome: TokenOutcome): void {
    this.afterToken(this, entry, outcome);
  }
  onJwt(verdict: Result<AccessToken, JwtRefusalReason> | null): void {
    this.afterJwt(this, verdict);
  }
  onIntentWritten(written: boolean): void {
    this.afterIntent(this, written);
  }
  onSettlementWritten(): void {
    this.afterSettlement(this);
  }
}

const CALL = Symbol('call');
interface WithCall {
  [CALL]?: Call;
}
/** Node calls listeners with the emitter as `this`: the call rides on it instead of in a closure. */
export const attachCall = (emitter: object, call: Call): void => {
  (emitter as WithCall)[CALL] = call;
};
export const callOf = (emitter: object): Call => (emitter as WithCall)[CALL] as Call;
