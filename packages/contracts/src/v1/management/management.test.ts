import { expect, test } from 'vitest';
import { z } from 'zod';
import { MANAGEMENT_OPERATIONS } from './all-operations.js';
import { buildOpenApi } from './open-api.js';
import { defineOperations, type Operation } from './operation.js';
import { PageQuerySchema, pageOf } from './page.js';
import { strictSchema } from './strict.js';

const Thing = z.object({
  id: z.string(),
  tags: z.array(z.object({ name: z.string() })),
  when: z.object({ at: z.string() }).optional(),
});

const rows = defineOperations({
  listThings: {
    service: 'catalog',
    method: 'GET',
    path: '/api/v1/things',
    permission: 'admin:things:read',
    summary: 'List things',
    tag: 'things',
    query: PageQuerySchema,
    answer: { status: 200, description: 'A page of things', schema: pageOf(Thing) },
  },
  changeThing: {
    service: 'catalog',
    method: 'PATCH',
    path: '/api/v1/things/{id}',
    permission: 'admin:things:write',
    summary: 'Change a thing',
    tag: 'things',
    body: Thing,
    answer: { status: 200, description: 'The thing as it is now', schema: Thing },
    errors: ['not_found', 'conflict'],
  },
});

test('unknown fields are refused at every depth, with their path', () => {
  const strict = strictSchema(Thing);
  const result = strict.safeParse({ id: 'a', tags: [{ name: 'x', colour: 'red' }], when: { at: 'now', zone: 1 }, extra: 1 });
  const found = result.error?.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key].join('.')) : [],
  );
  expect(found?.sort()).toEqual(['extra', 'tags.0.colour', 'when.zone']);
  expect(strict.safeParse({ id: 'a', tags: [{ name: 'x' }] }).success).toBe(true);
});

test('a refinement survives being made strict', () => {
  const schema = strictSchema(z.object({ a: z.number(), b: z.number() }).refine(({ a, b }) => a < b, 'a must be below b'));
  expect(schema.safeParse({ a: 2, b: 1 }).success).toBe(false);
  expect(schema.safeParse({ a: 1, b: 2 }).success).toBe(true);
});

test('an object that asks to keep the rest keeps it', () => {
  expect(strictSchema(z.looseObject({ a: z.number() })).parse({ a: 1, b: 2 })).toEqual({ a: 1, b: 2 });
});

test('the document holds path, query, body, answers and permission of each row', () => {
  const document = buildOpenApi(rows, { version: '1.2.3', serverUrl: '/' });
  expect(document).toMatchObject({
    openapi: '3.1.0',
    paths: {
      '/api/v1/things': {
        get: {
          operationId: 'listThings',
          'x-permission': 'admin:things:read',
          parameters: [
            { name: 'cursor', in: 'query', required: false },
            { name: 'limit', in: 'query', required: false, schema: { default: 50 } },
          ],
        },
      },
      '/api/v1/things/{id}': {
        patch: {
          parameters: [{ name: 'id', in: 'path', required: true }],
          requestBody: { content: { 'application/json': { schema: { additionalProperties: false, required: ['id', 'tags'] } } } },
          responses: {
            409: { description: 'conflict' },
            404: { description: 'not_found' },
            401: { description: 'invalid_api_key', headers: { 'WWW-Authenticate': {} } },
            405: { description: 'method_not_allowed', headers: { Allow: {} } },
            415: { description: 'unsupported_media_type' },
          },
        },
      },
    },
  });
});

test('an answer may grow without breaking a generated client', () => {
  const text = JSON.stringify(buildOpenApi({ listThings: rows.listThings }, { version: '1', serverUrl: '/' }));
  expect(text).not.toContain('additionalProperties');
});

test('every operation lists the refusals that it can give, and no others', () => {
  const document = buildOpenApi(MANAGEMENT_OPERATIONS, { version: '1', serverUrl: '/' });
  const paths = document['paths'] as Record<
    string,
    Record<string, { responses: object; requestBody?: object; security?: object[] }>
  >;
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { responses, requestBody, security }] of Object.entries(methods)) {
      const listed = Object.keys(responses);
      const name = `${method} ${path}`;
      // Whoever needs no key is not refused for the lack of one.
      const always = security?.length === 0 ? ['405', '500'] : ['400', '401', '403', '405', '429', '500', '503'];
      expect(listed, name).toEqual(expect.arrayContaining(always));
      expect(listed.includes('404') || !path.includes('{'), name).toBe(true);
      for (const status of ['408', '413', '415'])
        expect(listed.includes(status), `${name} ${status}`).toBe(requestBody !== undefined);
    }
  }
  const conflicts = Object.entries(MANAGEMENT_OPERATIONS).filter(([, { errors }]: [string, Operation]) =>
    errors?.includes('conflict'),
  );
  expect(conflicts.map(([id]) => id)).toContain('changeToken');
});

const WRAPPERS = ['optional', 'nullable', 'default', 'prefault', 'nonoptional', 'readonly'];
/** Fields of text, however deep, by their place. */
function textsOf(schema: z.ZodType, at: string): readonly (readonly [place: string, schema: z.ZodType])[] {
  const def = schema._zod.def as unknown as Record<string, unknown> & { type: string };
  if (WRAPPERS.includes(def.type)) return textsOf(def['innerType'] as z.ZodType, at);
  switch (def.type) {
    case 'object':
      return Object.entries(def['shape'] as Record<string, z.ZodType>).flatMap(([key, field]) => textsOf(field, `${at}/${key}`));
    case 'array':
      return textsOf(def['element'] as z.ZodType, `${at}/0`);
    case 'union':
      return (def['options'] as z.ZodType[]).flatMap((option) => textsOf(option, at));
    // As a whole: what is refused may be refused by a later part of it.
    case 'pipe':
      return textsOf(def['in'] as z.ZodType, at).map(([place, part]) => [place, part === def['in'] ? schema : part]);
    case 'string':
      return [[at, schema]];
    default:
      return [];
  }
}

/** Where it does no harm: what is hashed, looked up after a change, or read as something else before it is stored. */
const NEVER_STORED =
  /^(signIn\/(email|password)|changePassword\/current_password|changePassword\/new_password|\w+\/cursor|putAlertWebhook\/url|putRotationSchedule\/(delivery\/url|timing\/cron|timing\/time_zone)|createProvider\/base_url)$/;

test('no text gets in that Postgres cannot hold', () => {
  const open = Object.entries<Operation>(MANAGEMENT_OPERATIONS).flatMap(([name, { body, query }]) =>
    [body, query]
      .flatMap((schema) => (schema === undefined ? [] : textsOf(schema, name)))
      .filter(([, schema]) => ['a/a\u0000', 'a/a\ud800'].some((text) => schema.safeParse(text).success))
      .map(([place]) => place),
  );
  expect(open.filter((place) => !NEVER_STORED.test(place))).toEqual([]);
});
