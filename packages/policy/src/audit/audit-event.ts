/** Who acted. `system` is the gateway itself: the first start, a schedule. */
export interface AuditActor {
  readonly type: 'token' | 'user' | 'system';
  /** Id of the token or user; the name of the part of the system. */
  readonly id: string;
  /** Public id and secret of the token that was used. */
  readonly publicId: string | null;
  readonly secretId: string | null;
  readonly onBehalfOf: string | null;
}

export interface AuditTarget {
  readonly type: string;
  readonly id: string;
  readonly name: string | null;
}

/** Any JSON without secrets. */
export type AuditValue = string | number | boolean | null | readonly AuditValue[] | { readonly [key: string]: AuditValue };

/** What happened, before it has a place in the chain. */
export interface AuditFact {
  /** RFC 3339 with milliseconds, UTC. */
  readonly time: string;
  readonly actor: AuditActor;
  /** `<noun>.<past verb>`, for instance `token.created`. */
  readonly action: string;
  readonly target: AuditTarget;
  readonly decision: 'allowed' | 'denied';
  /** Machine reason of the decision, null where nothing had to be decided. */
  readonly reason: string | null;
  readonly requestId: string | null;
  readonly traceId: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  /** The fields that changed, without secrets; null on the side where there was nothing. */
  readonly before: AuditValue;
  readonly after: AuditValue;
}

/** One link of a tenant's chain. */
export interface AuditEvent extends AuditFact {
  /** The organisation. */
  readonly tenant: string;
  /** 1, 2, 3 ... without a gap. */
  readonly seq: number;
  /** 64 hex digits; 64 zeros before the first. */
  readonly prevHash: string;
  /** SHA-256 of the canonical JSON (RFC 8785) of all the other fields, 64 hex digits. */
  readonly hash: string;
}
