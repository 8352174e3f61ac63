import { expect, test } from 'vitest';
import { createLogger } from './create-logger.js';
import { REDACTED, redactFields, redactText } from './redact.js';

const TOKEN = `tgk_live_${'aB3dE6gH9jK0'}_${'x'.repeat(43)}abcdef`;
const CANARIES = [
  TOKEN,
  TOKEN.slice(0, 40),
  TOKEN.replace('tgk', 'acmea').replace('live', 'test'),
  'sk-proj-abcdefghijklmnopqrstuvwxyz0123456789',
  'sk-ant-api03-abcdefghijklmnopqrstuvwxyz',
  'gsk_abcdefghijklmnopqrstuvwxyz',
  `AIza${'Sy'.repeat(17)}`,
  'AKIAIOSFODNN7EXAMPLE',
  'xai-abcdefghijklmnopqrst',
  'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
  'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl',
];
/** The part that must not be seen: all but what an operator may search for. */
const hidden = (canary: string): string => canary.slice(-8);

function logged(write: (logger: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  write(createLogger({ service: 'test', level: 'debug', destination: { write: (line) => void lines.push(line) } }));
  return lines.join('');
}

test.each(CANARIES)('a secret is told by its shape wherever it stands: %s', (canary) => {
  const error = new Error(`upstream said no to ${canary}`, { cause: new Error(`with ${canary}`) });
  Object.assign(error, { request: { url: `https://api.example.com/?x=${canary}` } });
  const text = logged((logger) => {
    logger.info({ deep: { list: [{ note: `before ${canary} after` }] } }, 'fields');
    logger.warn({}, `in the message ${canary}`);
    logger.error({ error }, 'error');
    logger.error({ err: error }, 'err');
    logger.child({ bound: `x ${canary}` }).debug({ [canary]: 1 }, 'child and key');
  });
  expect(text.trimEnd().split('\n')).toHaveLength(5);
  expect(text).not.toContain(hidden(canary));
  for (const line of text.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
});

test('the public id of our own token stays, so that it can be searched for', () => {
  expect(redactText(`refused ${TOKEN}`)).toBe(`refused tgk_live_aB3dE6gH9jK0_${REDACTED}`);
});

test('values under secret names go, whatever their shape; counts and nulls stay', () => {
  const fields = {
    Authorization: 'whatever',
    'x-api-key': 'short',
    nested: { clientSecret: 'hunter2', apiKey: { value: 'hunter2' } },
    tokens: 17,
    token: null,
  };
  expect(redactFields(fields)).toEqual({
    Authorization: REDACTED,
    'x-api-key': REDACTED,
    nested: { clientSecret: REDACTED, apiKey: REDACTED },
    tokens: 17,
    token: null,
  });
});

test('passwords in URLs and keys in queries go', () => {
  expect(redactText('postgres://user:hunter2@db:5432/x')).toBe(`postgres://user:${REDACTED}@db:5432/x`);
  expect(redactText('GET /v1beta/models?key=hunter2&alt=sse')).toBe(`GET /v1beta/models?key=${REDACTED}&alt=sse`);
});

test('bearer headers and private keys go', () => {
  expect(redactText('authorization: Bearer abcdefghijk.lmn')).not.toContain('abcdefghijk');
  expect(redactText('-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBM=\n-----END PRIVATE KEY-----')).not.toContain('MIGHAg');
});

test('ordinary text stays as it is', () => {
  const text = 'GET https://example.com:8080/path?model=gpt-4o took 12 ms; task_live_view, sk-short, requests_test_x';
  expect(redactText(text)).toBe(text);
});

test('a hostile text costs no more than its length', () => {
  for (const unit of ['tgk_live_', 'Bearer ', '?key=', 'eyJaaaaaaaa.', '-----BEGIN ', 'a://b:', 'sk-', '://a:b']) {
    const text = unit.repeat(20_000);
    const since = performance.now();
    redactText(text);
    expect(performance.now() - since).toBeLessThan(1_000);
  }
});

test('cycles, depth, size and odd values do not break a line', () => {
  const cycle: Record<string, unknown> = {
    big: 10n,
    when: new Date(0),
    bytes: new Uint8Array(4),
    f: () => 1,
    map: new Map([['a', 1]]),
  };
  cycle['self'] = cycle;
  const result = JSON.stringify(redactFields({ cycle, long: 'x'.repeat(1_000_000), list: Array.from({ length: 10_000 }) }));
  expect(result.length).toBeLessThan(20_000);
  expect(result).toContain('[deep]');
});

test('an error of the database tells what happened, and nothing of the statement or its values', () => {
  const canary = 'canary-7f3a of a caller';
  // The shape of TypeORM's QueryFailedError, which takes over the fields of the driver's error.
  const facts = {
    code: '22P02',
    table: 'tokens',
    constraint: 'tokens_name',
    detail: `Key (name)=(${canary}) already exists.`,
    where: `unnamed portal parameter $1 = '${canary}'`,
    internalQuery: `SELECT '${canary}'`,
    hint: `Perhaps you meant "${canary}".`,
  };
  const driverError = Object.assign(new Error(`invalid input syntax for type date: "${canary}"`), facts);
  const failed = Object.assign(new Error(driverError.message), facts, {
    query: `INSERT INTO auth.tokens VALUES ($1, '${canary}')`,
    parameters: [canary, 17, null],
    driverError,
  });
  for (const error of [failed, new Error('the change failed', { cause: failed })]) {
    const text = logged((logger) => {
      logger.error({ error }, 'error');
      logger.warn({ deep: { err: error } }, 'deep');
    });
    expect(text).not.toContain('canary');
    expect(text).not.toContain('INSERT');
    for (const kept of ['22P02', 'tokens_name', 'invalid input syntax for type date']) expect(text).toContain(kept);
  }
});

test('a field of another name or of no error stays', () => {
  expect(redactFields({ query: 'limit=1', detail: 'why' })).toEqual({ query: 'limit=1', detail: 'why' });
});
