import { ERROR_CODES, type ErrorCode } from '@tollgate/kernel';
import { z } from 'zod';
import { ACCOUNT_PERMISSION } from '../roles.js';
import type { Operation, Operations } from './operation.js';
import { PROBLEM_CONTENT_TYPE, ProblemSchema } from './problem.js';
import { strictSchema } from './strict.js';

type Json = Record<string, unknown>;

export interface OpenApiInfo {
  readonly version: string;
  /** Where the API is reached, without a trailing slash; `/` where the document's own origin is it. */
  readonly serverUrl: string;
}

/** What every operation behind a token can answer. */
const ALWAYS: readonly ErrorCode[] = [
  'invalid_request',
  'token_in_query',
  'invalid_api_key',
  'permission_denied',
  'rate_limit_exceeded',
  'internal_error',
  'token_unverifiable',
  'overloaded',
];
/** And where it takes a body. */
const WITH_BODY: readonly ErrorCode[] = ['invalid_json', 'request_timeout', 'body_too_large', 'unsupported_media_type'];

/** And where it may be sent again under the same key. */
const REPEATED: readonly ErrorCode[] = ['request_in_progress', 'idempotency_key_reused'];
const isRepeatable = ({ method, permission }: Operation): boolean => method === 'POST' && permission !== null;

/** The OpenAPI 3.1 document of the rows, as plain JSON. The same rows give the same document. */
export function buildOpenApi(operations: Operations, info: OpenApiInfo): Json {
  const paths: Record<string, Json> = {};
  for (const [id, operation] of Object.entries(operations)) {
    paths[operation.path] = { ...paths[operation.path], [operation.method.toLowerCase()]: operationObject(id, operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tollgate management API',
      version: info.version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: info.serverUrl }],
    security: [{ token: [] }, { session: [] }],
    tags: [...new Set(Object.values(operations).map((operation) => operation.tag))].sort().map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A management token (`tga_...`).' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-tollgate',
          description:
            'Set by signing in (`tollgate` over plain HTTP on this machine). Whatever changes something needs an `Origin` of this gateway and the `csrf_token` of the session in `x-tollgate-csrf` as well.',
        },
      },
      schemas: { Problem: jsonSchema(ProblemSchema, 'output') },
    },
  };
}

function operationObject(id: string, operation: Operation): Json {
  const parameters = [...pathParameters(operation.path), ...queryParameters(operation.query), ...headerParameters(operation)];
  return {
    operationId: id,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    ...(operation.permission === null ? { security: [] } : { 'x-permission': operation.permission }),
    ...(operation.permission === ACCOUNT_PERMISSION ? { security: [{ session: [] }] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(operation.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: Object.fromEntries(
              bodyTypesOf(operation).map((type) => [
                type,
                { schema: jsonSchema(strictSchema(operation.body as z.ZodType), 'input') },
              ]),
            ),
          },
        }),
    responses: { [String(operation.answer.status)]: goodAnswer(operation), ...badAnswers(operation) },
  };
}

function goodAnswer(operation: Operation): Json {
  const { description, schema, contentTypes = ['application/json'] } = operation.answer;
  if (schema === null) return { description };
  const revised = schema instanceof z.ZodObject && 'revision' in schema.shape;
  return {
    description,
    ...(revised ? { headers: { ETag: header('Changes with every change of the object; for `If-Match`') } } : {}),
    content: Object.fromEntries(contentTypes.map((type) => [type, { schema: jsonSchema(schema, 'output') }])),
  };
}

/** RFC 7396; plain JSON means the same. */
const bodyTypesOf = ({ method }: Operation): readonly string[] =>
  method === 'PATCH' ? ['application/merge-patch+json', 'application/json'] : ['application/json'];

const header = (description: string): Json => ({ description, schema: { type: 'string' } });
const HEADERS: Readonly<Record<number, Json>> = {
  401: { 'WWW-Authenticate': header('The scheme to send a token with') },
  405: { Allow: header('The methods that the path has') },
  429: { 'Retry-After': header('Seconds to wait') },
  503: { 'Retry-After': header('Seconds to wait') },
};

function badAnswers(operation: Operation): Json {
  const codes: readonly ErrorCode[] = [
    ...(operation.permission === null ? (['internal_error'] as const) : ALWAYS),
    ...(operation.body === undefined ? [] : WITH_BODY),
    ...(isRepeatable(operation) ? REPEATED : []),
    ...(operation.conditional === true ? (['precondition_failed'] as const) : []),
    ...(operation.errors ?? []),
    // Of the path rather than of the operation; a path has no place of its own for answers.
    'method_not_allowed',
  ];
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const status = ERROR_CODES[code].httpStatus;
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const answers: Json = {};
  for (const [status, listed] of [...byStatus].sort(([a], [b]) => a - b)) {
    answers[String(status)] = {
      description: [...new Set(listed)].join(', '),
      ...(HEADERS[status] === undefined ? {} : { headers: HEADERS[status] }),
      content: { [PROBLEM_CONTENT_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
  return answers;
}

const headerParameter = (name: string, description: string, schema: Json = { type: 'string' }): Json => ({
  name,
  in: 'header',
  required: false,
  description,
  schema,
});

function headerParameters(operation: Operation): Json[] {
  const parameters: Json[] = [];
  if (isRepeatable(operation)) {
    const meaning =
      'Any text of your own: the same request under the same key is made once and answered alike for 24 hours (`idempotency-replayed: true`).';
    parameters.push(headerParameter('Idempotency-Key', meaning, { type: 'string', minLength: 1, maxLength: 255 }));
  }
  if (operation.conditional === true) {
    parameters.push(headerParameter('If-Match', 'The ETag of what is to be changed: 412 where it has been changed since.'));
  }
  return parameters;
}

const pathParameters = (path: string): Json[] =>
  [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));

function queryParameters(query: z.ZodObject | undefined): Json[] {
  if (query === undefined) return [];
  const schema = jsonSchema(query, 'input');
  const required = new Set((schema['required'] as string[] | undefined) ?? []);
  return Object.entries((schema['properties'] as Record<string, Json>) ?? {}).map(([name, field]) => ({
    name,
    in: 'query',
    required: required.has(name),
    schema: field,
  }));
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    target: 'draft-2020-12',
    unrepresentable: 'any',
    // An answer may grow: a client that was generated from this document must not refuse a new field.
    override: ({ jsonSchema }) => {
      if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  return rest;
}
