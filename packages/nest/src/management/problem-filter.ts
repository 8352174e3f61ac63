import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { PROBLEM_CONTENT_TYPE, type Problem } from '@tollgate/contracts';
import { ERROR_CODES, type ErrorCode, TollgateError } from '@tollgate/kernel';
import { type Logger, redactText } from '@tollgate/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type InvalidField, InvalidFieldsError } from './invalid-fields.js';

/** Errors become HTTP here and nowhere else: RFC 9457, and nothing internal to a caller. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw error;
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const known = publicError(error);
    if (known.row.httpStatus >= 500) {
      this.logger.error({ requestId: request.id, error, internalMessage: known.internalMessage }, 'management request failed');
    }
    // Headers may be gone already where a streamed answer broke: then only the connection can tell.
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    sendProblem(reply, known, request.id);
  }
}

export function sendProblem(reply: FastifyReply, error: TollgateError, requestId: string): void {
  if (error.retryAfterMs !== undefined) reply.header('retry-after', String(Math.ceil(error.retryAfterMs / 1_000)));
  if (error.code === 'invalid_api_key') reply.header('www-authenticate', 'Bearer realm="tollgate"');
  reply
    .status(error.row.httpStatus)
    .header('content-type', PROBLEM_CONTENT_TYPE)
    .send(JSON.stringify(problemOf(error, requestId)));
}

export function problemOf(error: TollgateError, requestId: string): Problem {
  return {
    type: 'about:blank',
    title: error.code.replaceAll('_', ' ').replace(/^./, (letter) => letter.toUpperCase()),
    status: error.row.httpStatus,
    // It may name what the caller sent: an id in a path, a field, a name of a query.
    detail: redactText(error.message),
    code: error.code,
    ...(error instanceof InvalidFieldsError ? { errors: error.fields.slice(0, FIELDS_MAX).map(withoutSecrets) } : {}),
    request_id: requestId,
  };
}

/** A request of a thousand mistakes gets no answer larger than itself. */
const FIELDS_MAX = 100;

const withoutSecrets = ({ pointer, detail, ...rest }: InvalidField): InvalidField => ({
  ...rest,
  pointer: redactText(pointer),
  detail: redactText(detail),
});

const CODE_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_request',
  401: 'invalid_api_key',
  403: 'permission_denied',
  404: 'route_not_found',
  405: 'method_not_allowed',
  408: 'request_timeout',
  409: 'conflict',
  412: 'precondition_failed',
  413: 'body_too_large',
  // A part of the path that is longer than any id.
  414: 'route_not_found',
  415: 'unsupported_media_type',
  431: 'headers_too_large',
  503: 'overloaded',
};

/** Framework errors that mean a body is no JSON. */
const JSON_ERRORS = new Set(['FST_ERR_CTP_INVALID_JSON_BODY', 'FST_ERR_CTP_EMPTY_JSON_BODY']);

/** Nest's and Fastify's own refusals get our codes and texts; whatever else is thrown is a fault of ours. */
export function publicError(error: unknown): TollgateError {
  if (error instanceof TollgateError) return error;
  const { status, code } = frameworkError(error);
  if (status === 400 && (error instanceof SyntaxError || JSON_ERRORS.has(code))) {
    return new TollgateError('invalid_json', ERROR_CODES.invalid_json.remedy, { cause: error });
  }
  const known = CODE_BY_STATUS[status];
  if (known === undefined)
    return new TollgateError('internal_error', 'Something went wrong inside the gateway.', { cause: error });
  return new TollgateError(known, ERROR_CODES[known].remedy, { cause: error });
}

function frameworkError(error: unknown): { readonly status: number; readonly code: string } {
  if (error instanceof HttpException) {
    const { cause } = error;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    return { status: error.getStatus(), code };
  }
  if (!(error instanceof Error) || !('statusCode' in error)) return { status: 500, code: '' };
  return { status: Number(error.statusCode), code: 'code' in error ? String(error.code) : '' };
}
