/** Bytes of one request, and what may come of it. */
export interface Malformed {
  readonly kind: string;
  readonly bytes: Buffer;
}

type Random = () => number;
const pick = <T>(values: readonly T[], random: Random): T => values[Math.floor(random() * values.length)] as T;
const digits = (random: Random, max: number): number => Math.floor(random() * max);

const request = (head: string, body: Buffer | string, headers = ''): Buffer => {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return Buffer.concat([
    Buffer.from(
      `${head} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${bytes.length}\r\n${headers}\r\n`,
      'latin1',
    ),
    bytes,
  ]);
};

const POST = 'POST /v1/chat/completions';
const GOOD = '{"model":"sim/sim-fast","messages":[{"role":"user","content":"hello"}],"max_tokens":5,"stream":false}';
const VALUES = [
  'null',
  'true',
  '-1',
  '1e999',
  '""',
  '[]',
  '{}',
  '"\\ud800"',
  '9007199254740993',
  '[[[[]]]]',
  '{"__proto__":{}}',
  '"\\u0000"',
];
const FIELDS = [
  'model',
  'messages',
  'max_tokens',
  'max_completion_tokens',
  'stream',
  'stream_options',
  'tools',
  'n',
  'seed',
  'user',
];

/** A request that is wrong in one of many ways; the same numbers give the same request. */
export function makeMalformed(token: string, random: Random): Malformed {
  const bearer = `authorization: Bearer ${token}\r\n`;
  const kinds: Record<string, () => Buffer> = {
    bytes_flipped: () => {
      const body = Buffer.from(GOOD);
      for (let i = 0; i <= digits(random, 4); i += 1) body[digits(random, body.length)] = digits(random, 256);
      return request(POST, body, bearer);
    },
    cut: () => request(POST, GOOD.slice(0, digits(random, GOOD.length)), bearer),
    field: () =>
      request(POST, `{"model":"sim/sim-fast","messages":[],"${pick(FIELDS, random)}":${pick(VALUES, random)}}`, bearer),
    deep: () => {
      const depth = 10 + digits(random, 20_000);
      return request(
        POST,
        `{"model":"sim/sim-fast","messages":${'['.repeat(depth)}${']'.repeat(digits(random, 2) * depth)}}`,
        bearer,
      );
    },
    noise: () => request(POST, Buffer.from(Array.from({ length: digits(random, 600) }, () => digits(random, 256))), bearer),
    token: () => {
      const broken = Buffer.from(token);
      broken[digits(random, broken.length)] = 33 + digits(random, 90);
      return request(POST, GOOD, `authorization: Bearer ${broken.toString('latin1')}\r\n`);
    },
    token_form: () =>
      request(
        POST,
        GOOD,
        pick(
          [
            `authorization: ${token}\r\n`,
            'authorization: Bearer\r\n',
            `x-api-key: ${token.repeat(50)}\r\n`,
            'authorization: Basic Zm9vOmJhcg==\r\n',
            '',
          ],
          random,
        ),
      ),
    query: () => request(`${POST}?${pick(['key', 'api_key', 'access_token', 'token'], random)}=${token}`, GOOD, bearer),
    path: () =>
      request(
        `POST /v1/${pick(['..', '%2e%2e/api', 'chat//completions', '%00', 'models', '\\chat', 'chat/completions/x', '%'], random)}`,
        GOOD,
        bearer,
      ),
    method: () =>
      request(
        `${pick(['GET', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'OPTIONS', 'BREW'], random)} /v1/chat/completions`,
        GOOD,
        bearer,
      ),
    header: () =>
      request(
        POST,
        GOOD,
        bearer +
          pick(
            [
              'x-tollgate-timeout: -5\r\n',
              'x-tollgate-metadata: {"a":\r\n',
              'traceparent: 00-zz-zz-01\r\n',
              'content-encoding: gzip\r\n',
              'expect: 200-ok\r\n',
              'x-request-id: \u0080\u0081\r\n',
              'content-length: 7\r\n',
              'transfer-encoding: chunked\r\n',
              'transfer-encoding: gzip, chunked\r\n',
              'bad header: x\r\n',
              `x-big: ${'a'.repeat(20_000)}\r\n`,
            ],
            random,
          ),
      ),
    chunks: () =>
      Buffer.from(
        `${POST} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${bearer}transfer-encoding: chunked\r\n\r\n${pick(['zz\r\n{}\r\n0\r\n\r\n', '-1\r\n\r\n', 'fffffffffffffffff\r\n{}', '2\r\n{}0\r\n\r\n'], random)}`,
        'latin1',
      ),
    line: () =>
      Buffer.from(
        pick(
          [
            'GET\r\n\r\n',
            '\r\n\r\nPOST\r\n\r\n',
            '\u0016\u0003\u0001\r\n\r\n',
            'POST /v1/chat/completions HTTP/9.9\r\n\r\n',
            `GET /${'a'.repeat(30_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
          ],
          random,
        ),
        'latin1',
      ),
    management: () => request(`POST /api/v1/tokens`, pick([GOOD, '{', '[]', `{"name":${pick(VALUES, random)}}`], random), bearer),
  };
  const kind = pick(Object.keys(kinds), random);
  return { kind, bytes: (kinds[kind] as () => Buffer)() };
}
