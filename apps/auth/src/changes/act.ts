import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { TokenPolicy } from '@tollgate/contracts';
import type { ManagementCaller, RequestWithCaller } from '@tollgate/nest';
import type { AuditActor } from '@tollgate/policy';
import { parseTraceparent } from '@tollgate/telemetry';
import type { FastifyRequest } from 'fastify';

/** Who acts, and from where: what every change is audited with. */
export interface Act {
  readonly organisationId: string;
  /** What the actor's own token holds and so may hand on; null = anything (the system). */
  readonly held: TokenPolicy | null;
  readonly actor: AuditActor;
  readonly requestId: string | null;
  readonly traceId: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
}

const USER_AGENT_MAX = 256;

export const systemAct = (organisationId: string, part: string): Act => ({
  organisationId,
  held: null,
  actor: { type: 'system', id: part, publicId: null, secretId: null, onBehalfOf: null },
  requestId: null,
  traceId: null,
  ip: null,
  userAgent: null,
});

/** The act of a management request; the guard has been before. */
export const CurrentAct = createParamDecorator((_: unknown, context: ExecutionContext): Act => {
  const request = context.switchToHttp().getRequest<FastifyRequest & RequestWithCaller>();
  if (request.caller === undefined) throw new Error('@CurrentAct() on a route that the guard did not check');
  return actOf(request, request.caller);
});

function actOf(request: FastifyRequest, caller: ManagementCaller): Act {
  const traceparent = request.headers['traceparent'];
  const { tokenId, publicId, secretId, organisationId, policy } = caller;
  return {
    organisationId,
    held: policy,
    actor: { type: 'token', id: tokenId, publicId, secretId, onBehalfOf: null },
    requestId: request.id,
    traceId: typeof traceparent === 'string' ? (parseTraceparent(traceparent)?.traceId ?? null) : null,
    ip: request.ip,
    userAgent: request.headers['user-agent']?.slice(0, USER_AGENT_MAX) ?? null,
  };
}
