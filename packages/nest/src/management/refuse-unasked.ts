import type { ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import { SAFE_METHODS } from './assert-same-origin.js';
import { type InvalidField, InvalidFieldsError, pointerOf } from './invalid-fields.js';
import type { OperationRule } from './permission.js';

/**
 * An operation that takes no query or no body refuses one: whoever sends `?force=true` to it must not believe that it was
 * heard. An empty object counts as no body. Those that take one check it with their schema. And whoever makes a change
 * depend on an ETag must not have it done without a look at that.
 */
export function refuseUnasked(
  context: ExecutionContext,
  request: Pick<FastifyRequest, 'query' | 'body' | 'headers' | 'method'>,
  rule: OperationRule,
): void {
  const takes = parametersOf(context);
  const fields: InvalidField[] = [];
  if (!takes.has(RouteParamtypes.QUERY)) {
    for (const name of Object.keys(Object(request.query))) fields.push({ pointer: name, detail: 'is not a known parameter' });
  }
  if (!takes.has(RouteParamtypes.BODY)) fields.push(...fieldsOf(request.body));
  if (request.headers['if-match'] !== undefined && rule.conditional !== true && !SAFE_METHODS.has(request.method)) {
    fields.push({ pointer: 'if-match', detail: 'This operation takes no If-Match.' });
  }
  if (fields.length > 0) throw new InvalidFieldsError(fields);
}

function fieldsOf(body: unknown): InvalidField[] {
  if (body === undefined || body === null) return [];
  if (typeof body !== 'object' || Array.isArray(body)) return [{ pointer: '', detail: 'This operation takes no body.' }];
  return Object.keys(body).map((name) => ({ pointer: pointerOf([name]), detail: 'is not a known field' }));
}

/** Nest notes the parameters of a method as `<kind>:<position>`. */
function parametersOf(context: ExecutionContext): ReadonlySet<number> {
  const noted: unknown = Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), context.getHandler().name);
  return new Set(Object.keys(Object(noted)).map((key) => Number.parseInt(key, 10)));
}
