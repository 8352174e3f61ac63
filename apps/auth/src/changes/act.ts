import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { EMPTY_POLICY, type Grant } from '@tollgate/contracts';
import {
  type IdempotentRequest,
  type KeyHolding,
  type ManagementCaller,
  permissionsFor,
  type RequestWithIdempotency,
} from '@tollgate/nest';
import { type AuditActor, scopesBeyond } from '@tollgate/policy';
import { parseTraceparent } from '@tollgate/telemetry';
import type { FastifyRequest } from 'fastify';

/** What an actor holds and so may hand on. */
export interface Held extends KeyHolding {
  /** Of the key that acts; null = a person. */
  readonly keyId: string | null;
}

/** Who acts, and from where: what every change is audited with. */
export interface Act {
  readonly organisationId: string;
  /** What the actor holds in all that the operation reaches, and so may hand on there; null = anything (the system). See {@link heldFor}. */
  readonly held: Held | null;
  /** The operation may touch what belongs to these teams; null = everything of the organisation. */
  readonly teams: readonly string[] | null;
  /** Permissions by team; null = anything (the system). */
  readonly grants: readonly Grant[] | null;
  /** Of a person. */
  readonly sessionId: string | null;
  readonly actor: AuditActor;
  /** The ETag that the change was asked for under. */
  readonly ifMatch: string | null;
  /** The request may be repeated: its answer is kept with the change. */
  readonly idempotent: IdempotentRequest | null;
  readonly requestId: string | null;
  readonly traceId: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
}

const USER_AGENT_MAX = 256;

export const systemAct = (organisationId: string, part: string): Act => ({
  organisationId,
  held: null,
  teams: null,
  grants: null,
  sessionId: null,
  actor: { type: 'system', id: part, publicId: null, secretId: null, onBehalfOf: null },
  ifMatch: null,
  idempotent: null,
  requestId: null,
  traceId: null,
  ip: null,
  userAgent: null,
});

/** The act of a management request; the guard has been before. */
export const CurrentAct = createParamDecorator((_: unknown, context: ExecutionContext): Act => {
  const request = context.switchToHttp().getRequest<FastifyRequest & RequestWithIdempotency>();
  if (request.caller === undefined) throw new Error('@CurrentAct() on a route that the guard did not check');
  return actOf(request, request.caller);
});

export function actOf(request: FastifyRequest & RequestWithIdempotency, caller: ManagementCaller): Act {
  const { organisationId, teams, grants, sessionId, actor, keyHolding } = caller;
  const ifMatch = request.headers['if-match'];
  return {
    organisationId,
    held: keyHolding === null ? heldByPerson(heldEverywhere(grants, teams)) : { ...keyHolding, keyId: actor.id },
    teams,
    grants,
    sessionId,
    actor: { ...actor, onBehalfOf: null },
    ifMatch: ifMatch ?? null,
    idempotent: request.idempotent ?? null,
    ...placeOf(request),
  };
}

/** Where a request comes from, for the trail. */
export function placeOf(request: FastifyRequest): Pick<Act, 'requestId' | 'traceId' | 'ip' | 'userAgent'> {
  const traceparent = request.headers['traceparent'];
  return {
    requestId: request.id,
    traceId: typeof traceparent === 'string' ? (parseTraceparent(traceparent)?.traceId ?? null) : null,
    ip: request.ip,
    userAgent: request.headers['user-agent']?.slice(0, USER_AGENT_MAX) ?? null,
  };
}

/**
 * What the actor holds for things of this team (null: of the organisation), and so may hand on to them. Somebody who
 * administers one team and develops in another holds different things in each.
 */
export function heldFor({ held, grants, actor }: Act, teamId: string | null): Held | null {
  if (held === null || grants === null || actor.type !== 'user') return held;
  return heldByPerson(permissionsFor({ grants }, teamId));
}

const heldByPerson = (scopes: readonly string[]): Held => ({
  policy: { ...EMPTY_POLICY, scopes: [...scopes] },
  parents: [],
  expiresAt: null,
  keyId: null,
});

/** What is held for each of these teams. */
function heldEverywhere(grants: readonly Grant[], teams: readonly string[] | null): readonly string[] {
  if (teams === null) return permissionsFor({ grants }, null);
  const [first, ...others] = teams.map((team) => permissionsFor({ grants }, team));
  return (first ?? []).filter((scope) => others.every((held) => scopesBeyond(held, [scope]).length === 0));
}
