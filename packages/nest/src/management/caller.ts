import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { AccessRules, Grant, TokenPolicy } from '@tollgate/contracts';

/** All that a key holds: the bound of what it may hand on. */
export interface KeyHolding {
  /** Its own, with the counters, budgets and caps of its parents counted in. */
  readonly policy: TokenPolicy;
  /** Rules of its parents as they are now: each of them bounds it as well. */
  readonly parents: readonly AccessRules[];
  /** ms since the epoch, the earliest of its own and its parents'; null = never. */
  readonly expiresAt: number | null;
}

/** Whoever a request comes from, before it is asked what they want: a key, or a person who has signed in. */
export interface Principal {
  readonly actor: {
    readonly type: 'token' | 'user';
    readonly id: string;
    /** Of a key: the 12 characters inside its text, its name in logs; and the secret that was used. */
    readonly publicId: string | null;
    readonly secretId: string | null;
  };
  /** Of a person. */
  readonly sessionId: string | null;
  readonly organisationId: string;
  /** Of the operating organisation. */
  readonly operator: boolean;
  /** Permissions in the organisation and in its teams; a key has one entry. */
  readonly grants: readonly Grant[];
  /** null for a person, who holds what the grants say. */
  readonly keyHolding: KeyHolding | null;
}

/** Who calls the management API: made by the guard, injected by `@Caller()`. Everything a controller reads is scoped by `organisationId`. */
export interface ManagementCaller extends Principal {
  /** What the operation may see and change: these teams' things; null = everything of the organisation. Only operations that declare `teams` get a list. */
  readonly teams: readonly string[] | null;
}

/** A key that is known, presented by somebody who may not use it. */
export interface RefusedKey {
  readonly organisationId: string;
  readonly tokenId: string;
  readonly publicId: string;
  /** Of the secret, where it was proven that the key is the caller's and only its use was refused. */
  readonly secretId?: string;
  readonly reason: string;
}

export interface RequestWithCaller {
  caller?: ManagementCaller;
  /** What the operation needs; for the trail of refusals. */
  permission?: string;
  refusedKey?: RefusedKey;
}

export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): ManagementCaller => {
  const { caller } = context.switchToHttp().getRequest<RequestWithCaller>();
  if (caller === undefined) throw new Error('@Caller() on a route that the guard did not check');
  return caller;
});
