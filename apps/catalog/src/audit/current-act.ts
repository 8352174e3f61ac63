import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { AuditRecord } from '@tollgate/contracts';
import type { RequestWithCaller } from '@tollgate/nest';
import { parseTraceparent } from '@tollgate/telemetry';
import type { FastifyRequest } from 'fastify';

/** Who changes the catalogue, and from where. */
export interface Act
  extends Pick<AuditRecord, 'organisationId'>,
    Pick<AuditRecord['fact'], 'actor' | 'requestId' | 'traceId' | 'ip' | 'userAgent'> {
  /** Which revision is to be changed; null = whichever it is. */
  readonly ifMatch: string | null;
}

const USER_AGENT_MAX = 256;

/** The act of a management request; the guard has been before. */
export const CurrentAct = createParamDecorator((_: unknown, context: ExecutionContext): Act => {
  const request = context.switchToHttp().getRequest<FastifyRequest & RequestWithCaller>();
  if (request.caller === undefined) throw new Error('@CurrentAct() on a route that the guard did not check');
  const traceparent = request.headers['traceparent'];
  return {
    organisationId: request.caller.organisationId,
    actor: { ...request.caller.actor, onBehalfOf: null },
    requestId: request.id,
    traceId: typeof traceparent === 'string' ? (parseTraceparent(traceparent)?.traceId ?? null) : null,
    ip: request.ip,
    ifMatch: request.headers['if-match'] ?? null,
    userAgent: request.headers['user-agent']?.slice(0, USER_AGENT_MAX) ?? null,
  };
});
