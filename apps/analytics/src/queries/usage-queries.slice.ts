import type { Page, Problem, UsageRecordView, UsageReportView } from '@tollgate/contracts';
import { UsageRecordsPageSchema, UsageReportViewSchema } from '@tollgate/contracts';
import { createTestDatabase, type TestDatabase } from '@tollgate/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { analyticsService } from '../index.js';
import { FIXED_CLOCK } from '../ledger/ledger.fixture.js';
import { NOON, newAttempt, newRecord, newReport, newRequestId, TOKEN_1, TOKEN_2, tokens } from '../ledger/usage.fixture.js';
import { startTestService, type TestService } from '../service.fixture.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
let database: TestDatabase;
let service: TestService;

beforeAll(async () => {
  if (analyticsService.database === null) throw new Error('analytics stores something');
  database = await createTestDatabase(analyticsService.database);
  service = await startTestService(database.url, FIXED_CLOCK);
});
afterAll(async () => {
  await service?.close();
  await database?.drop();
});

async function usage(query: string, organisation: string): Promise<UsageReportView> {
  const { status, body } = await service.get(`/api/v1/usage${query}`, organisation);
  expect({ status, body }).toMatchObject({ status: 200 });
  return UsageReportViewSchema.parse(body);
}

async function records(query: string, organisation: string): Promise<Page<UsageRecordView>> {
  const { status, body } = await service.get(`/api/v1/usage/records${query}`, organisation);
  expect({ status, body }).toMatchObject({ status: 200 });
  return UsageRecordsPageSchema.parse(body);
}

describe('GET /api/v1/usage 200', () => {
  const organisationId = 'org_sums';
  const at = (ms: number, overrides: Parameters<typeof newRecord>[0] = {}) =>
    newRecord({ id: newRequestId(ms), organisationId, ...overrides });

  beforeAll(async () => {
    await service.settle([
      at(NOON),
      at(NOON, { model: 'b', tokenId: TOKEN_2, attempts: [newAttempt({ provider: 'groq', price: null })] }),
      at(NOON - 2 * DAY_MS, { outcome: 'failed', status: 502 }),
      at(NOON - 3 * HOUR_MS, { outcome: 'refused', status: 429, errorCode: 'rate_limit_exceeded', attempts: [] }),
      at(NOON, { outcome: 'refused', status: 404, errorCode: 'model_not_found', model: 'made-up', attempts: [] }),
      at(NOON, { outcome: 'failed', status: 503, errorCode: 'no_adapter', attempts: [] }),
      at(NOON, {
        usage: { ...tokens(10, 5), cacheRead: 3, cacheWrite: 2, inputAudio: 1, reasoning: 4, outputAudio: 6 },
        cost: { amount: '1.5', currency: 'EUR' },
      }),
    ]);
  });

  test('totals: refused calls apart, unpriced ones counted, several currencies not added up', async () => {
    const { totals } = await usage('', organisationId);
    expect(totals).toEqual({
      requests: 5,
      succeeded: 3,
      failed: 2,
      cancelled: 0,
      interrupted: 0,
      refused: 2,
      unpriced_requests: 1,
      unreported_requests: 0,
      input_tokens: 316,
      output_tokens: 75,
      total_tokens: 391,
      input_token_details: { uncached: 310, cache_read: 3, cache_write: 2, audio: 1 },
      output_token_details: { text: 65, reasoning: 4, audio: 6 },
      cost: null,
      costs: [
        { amount: '1.5', currency: 'EUR' },
        { amount: '0.0009', currency: 'USD' },
      ],
    });
  });

  test('one currency is the cost, no price is none', async () => {
    expect((await usage('?model=b', organisationId)).totals).toMatchObject({
      requests: 1,
      cost: null,
      costs: [],
      unpriced_requests: 1,
    });
    expect((await usage(`?token_id=${TOKEN_1}&to=2026-03-09`, organisationId)).totals).toMatchObject({
      requests: 1,
      cost: { amount: '0.00045', currency: 'USD' },
    });
  });

  test.each([
    [
      'model',
      [
        ['openai/gpt-4o', 4, 1],
        ['b', 1, 0],
        [null, 0, 1],
      ],
    ],
    [
      'token',
      [
        [TOKEN_1, 4, 2],
        [TOKEN_2, 1, 0],
      ],
    ],
    [
      'provider',
      [
        [null, 1, 2],
        ['openai', 3, 0],
        ['groq', 1, 0],
      ],
    ],
    [
      'outcome',
      [
        ['succeeded', 3, 0],
        ['failed', 2, 0],
        ['refused', 0, 2],
      ],
    ],
    [
      'day',
      [
        ['2026-03-08', 1, 0],
        ['2026-03-10', 4, 2],
      ],
    ],
    [
      'hour',
      [
        ['2026-03-08T12:00:00Z', 1, 0],
        ['2026-03-10T09:00:00Z', 0, 1],
        ['2026-03-10T12:00:00Z', 4, 1],
      ],
    ],
  ])('groups by %s', async (group, expected) => {
    const { groups, totals, has_more } = await usage(`?group_by=${group}&from=2026-03-01`, organisationId);
    const rows = groups.map(({ key, requests, refused }) => [key, requests, refused]);
    expect(rows).toEqual(expect.arrayContaining(expected));
    expect(rows).toHaveLength(expected.length);
    expect(groups.reduce((sum, row) => sum + row.input_tokens, 0)).toBe(totals.input_tokens);
    expect(has_more).toBe(false);
  });

  test('hours that stick out of whole days are counted, and no others', async () => {
    const requests = async (from: string, to: string): Promise<number> =>
      (await usage(`?from=${from}&to=${to}`, organisationId)).totals.requests;
    expect(await requests('2026-03-08T12:59:00Z', '2026-03-10T12:01:00Z')).toBe(5);
    expect(await requests('2026-03-08T13:00:00Z', '2026-03-10T13:00:00Z')).toBe(4);
    expect(await requests('2026-03-08T12:00:00Z', '2026-03-10T12:00:00Z')).toBe(1);
    expect(await requests('2026-03-10T13:30:00%2B01:00', '2026-03-10T13:31:00%2B01:00')).toBe(4);
  });

  test('more groups than asked for are announced', async () => {
    const { groups, has_more } = await usage('?group_by=model&limit=1', organisationId);
    expect([groups.length, has_more]).toEqual([1, true]);
  });

  test('an organisation without calls sees zeros', async () => {
    expect(await usage('?group_by=day', 'org_nobody')).toMatchObject({
      totals: { requests: 0, cost: null, costs: [] },
      groups: [],
    });
  });
});

describe('what is not understood', () => {
  test.each([
    ['/api/v1/usage?from=2026-03-10&to=2026-03-09', ['from', 'to']],
    // Within one hour, that both would be rounded to.
    ['/api/v1/usage?from=2026-03-10T12:50:00Z&to=2026-03-10T12:10:00Z', ['from', 'to']],
    ['/api/v1/usage?from=2999-01-01', ['from', 'to']],
    ['/api/v1/usage/records?from=2026-03-10&to=2026-03-09', ['from', 'to']],
    ['/api/v1/usage?token_id=gpt-4o', ['token_id']],
    ['/api/v1/usage?token_id=tok_', ['token_id']],
    ['/api/v1/usage/records?token_id=org_00000000000000000000000000', ['token_id']],
    ['/api/v1/usage?model=', ['model']],
    ['/api/v1/usage?model=a%00b', ['model']],
    [`/api/v1/usage/records?model=${'m'.repeat(300)}`, ['model']],
    ['/api/v1/usage/records?id=x&request_id=req_1', ['id', 'request_id']],
    ['/api/v1/usage/records?id=req_zzzzzzzzzzzzzzzzzzzzzzzzzz', ['id']],
    ['/api/v1/usage/records?cursor=x', ['cursor']],
    ['/api/v1/usage/records?cursor=cmVxX3p6enp6enp6enp6enp6enp6enp6enp6enp6', ['cursor']],
    ['/api/v1/usage/records/req_1', ['id']],
    ['/api/v1/usage/records/req_7zzzzzzzzzzzzzzzzzzzzzzzzz', ['id']],
    ['/api/v1/usage/records/req_00000000000000000000000000?form=x', ['form']],
    ['/api/v1/usage?colour=red&organisation_id=org_1', ['colour', 'organisation_id']],
  ])('400 %s names what is wrong', async (path, pointers) => {
    const { status, body } = (await service.get(path)) as { status: number; body: Problem };
    expect([status, body.code, body.errors?.map(({ pointer }) => pointer).sort()]).toEqual([400, 'invalid_request', pointers]);
  });

  test.each([
    '/api/v1/usage?group_by=colour',
    '/api/v1/usage?form=2026-01-01',
    '/api/v1/usage?from=yesterday',
    '/api/v1/usage?from=2026-03-10&to=2026-03-09',
    '/api/v1/usage?group_by=hour&from=2025-03-10',
    '/api/v1/usage?model=a&model=b',
    '/api/v1/usage?limit=0',
    '/api/v1/usage/records?cursor=%27%3B--',
    '/api/v1/usage/records?limit=1000',
    '/api/v1/usage/records?outcome=fine',
    '/api/v1/usage/records?__proto__=1',
  ])('400 %s', async (path) => {
    expect(await service.get(path)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });

  test('403 without the scope, 401 without a token', async () => {
    expect((await service.get('/api/v1/usage', 'org_1', ['admin:tokens:read'])).status).toBe(403);
    expect((await fetch(`${service.url}/api/v1/usage`)).status).toBe(401);
  });
});

describe('GET /api/v1/usage/records', () => {
  test('one record by id, with its attempts; none of another organisation', async () => {
    const record = newRecord({ organisationId: 'org_a', clientRequestId: 'mine', metadata: { team: 'x' } });
    await service.settle([record]);
    const { status, body } = await service.get(`/api/v1/usage/records/${record.id}`, 'org_a');
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        id: record.id,
        client_request_id: 'mine',
        provider: 'openai',
        started_at: '2026-03-10T12:30:00.000Z',
        input_tokens: 100,
        output_tokens: 20,
        cost: { amount: '0.00045', currency: 'USD' },
        attempts: [{ number: 1, tokens: { input: 100 }, price_source: 'test:model' }],
      },
    });
    expect((await service.get(`/api/v1/usage/records/${record.id}`, 'org_b')).status).toBe(404);
    expect((await service.get('/api/v1/usage/records/req_00000000000000000000000000', 'org_a')).status).toBe(404);
    for (const filter of [`id=${record.id}`, `request_id=${record.id}`, 'client_request_id=mine']) {
      expect((await records(`?${filter}`, 'org_a')).data).toHaveLength(1);
      expect((await records(`?${filter}`, 'org_b')).data).toHaveLength(0);
    }
  });

  test('no organisation sees a figure of another', async () => {
    await service.settle([newRecord({ organisationId: 'org_x', tokenId: TOKEN_2 })]);
    for (const query of ['', `?token_id=${TOKEN_2}`, '?group_by=token']) {
      expect((await usage(query, 'org_y')).totals.requests).toBe(0);
      expect((await usage(query, 'org_x')).totals.requests).toBe(1);
    }
    expect((await records('', 'org_y')).data).toEqual([]);
  });

  test('what looks like SQL or a pattern is a name like any other', async () => {
    const names = ["'; DROP TABLE analytics.usage_records; --", '%', '_', '\\', "' OR '1'='1", '$1', 'a%b'];
    await service.settle(names.map((model) => newRecord({ organisationId: 'org_sql', model })));
    for (const model of names) {
      const query = `?model=${encodeURIComponent(model)}`;
      expect((await records(query, 'org_sql')).data.map((row) => row.model)).toEqual([model]);
      expect((await usage(query, 'org_sql')).totals.requests).toBe(1);
    }
  });

  test('paging gives each record once while new ones arrive, over days and equal times', async () => {
    const organisationId = 'org_pages';
    const older = Array.from({ length: 57 }, (_, index) =>
      newRecord({ organisationId, id: newRequestId(NOON - (index % 5) * 10 * HOUR_MS), tokenId: `tok_${index % 2}` }),
    );
    await service.settle(older);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '?limit=7' : `?limit=7&cursor=${cursor}`;
      const page: Page<UsageRecordView> = await records(query, organisationId);
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor;
      expect(page.has_more).toBe(cursor !== null);
      await service.settle([newRecord({ organisationId, id: newRequestId(NOON + HOUR_MS) })]);
    } while (cursor !== null);
    const sorted = older.map(({ id }) => id).sort((left, right) => (left < right ? 1 : -1));
    expect(seen).toEqual(sorted);
  });

  test('filters by token, outcome and time', async () => {
    const organisationId = 'org_filters';
    const wanted = newRecord({ organisationId, id: newRequestId(NOON - DAY_MS), outcome: 'cancelled', tokenId: TOKEN_2 });
    await service.settle([
      wanted,
      newRecord({ organisationId, id: newRequestId(NOON - DAY_MS), tokenId: TOKEN_2 }),
      newRecord({ organisationId, outcome: 'cancelled', tokenId: TOKEN_2 }),
      newRecord({ organisationId, id: newRequestId(NOON - DAY_MS), outcome: 'cancelled' }),
    ]);
    const time = 'from=2026-03-09T12:30:00Z&to=2026-03-09T12:30:00.001Z';
    const { data } = await records(`?token_id=${TOKEN_2}&outcome=cancelled&${time}`, organisationId);
    expect(data.map(({ id }) => id)).toEqual([wanted.id]);
  });
});

test('what came in is to be seen in the metrics', async () => {
  const record = newRecord({ organisationId: 'org_metrics' });
  await service.settle([record]);
  await service.settle([record]);
  await service.sendLines('nonsense');
  await service.report(newReport(record.id));
  const text = await (await fetch(service.metricsUrl ?? '')).text();
  for (const result of ['stored', 'duplicate', 'rejected']) {
    expect(text).toMatch(new RegExp(`tollgate_usage_records_total\\{[^}]*result="${result}"[^}]*\\} [1-9]`));
  }
  expect(text).toMatch(/tollgate_usage_commit_seconds_count[^\n]* [1-9]/);
});

describe('a key of one team', () => {
  const organisationId = 'org_teams';
  const mine = newRequestId(NOON);
  const theirs = newRequestId(NOON);
  const nobodys = newRequestId(NOON);
  const asTeam = async <T>(path: string): Promise<{ status: number; body: T }> =>
    service.get(path, organisationId, ['usage:read'], 'team_mine');

  beforeAll(async () => {
    await service.settle([
      newRecord({ id: mine, organisationId, teamId: 'team_mine' }),
      newRecord({ id: theirs, organisationId, teamId: 'team_theirs' }),
      newRecord({ id: nobodys, organisationId, teamId: null }),
    ]);
  });

  test('200: the sums and records of that team alone', async () => {
    expect((await usage('', organisationId)).totals.requests).toBe(3);
    const report = await asTeam<UsageReportView>('/api/v1/usage?group_by=model');
    expect(report.body.totals.requests).toBe(1);
    expect(report.body.groups.map(({ requests }) => requests)).toEqual([1]);
    const page = await asTeam<Page<UsageRecordView>>('/api/v1/usage/records');
    expect(page.body.data.map(({ id }) => id)).toEqual([mine]);
  });

  test('404: a record of another team, or of none', async () => {
    expect((await asTeam(`/api/v1/usage/records/${mine}`)).status).toBe(200);
    for (const id of [theirs, nobodys]) expect((await asTeam(`/api/v1/usage/records/${id}`)).status).toBe(404);
  });
});
