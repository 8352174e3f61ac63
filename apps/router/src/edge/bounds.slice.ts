import { type BudgetSpec, EMPTY_POLICY, type LimitSpec, type TokenPolicy } from '@tollgate/contracts';
import { waitFor } from '@tollgate/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BoundsAuthority } from '../testing/bounds-authority.js';
import { answerWhole, chat, failure, RouterHarness } from '../testing/harness.js';

const MILLION = 1_000_000;
let harness: RouterHarness;
let authority: BoundsAuthority;
beforeEach(async () => {
  harness = await new RouterHarness().start();
  authority = new BoundsAuthority(harness.transport);
  harness.quotaAuthority = (request) => authority.lend(request);
  await waitFor(() => harness.router.gate.routes.index);
});
afterEach(() => harness.stop());

const requests = (limit: number, fields: Partial<LimitSpec> = {}): LimitSpec =>
  ({
    bucket: 'requests:tok_1',
    kind: 'requests',
    models: null,
    subject: 'token',
    rate: { limit, periodMs: 60_000, burst: limit },
    ...fields,
  }) as LimitSpec;
const tokens = (limit: number): LimitSpec =>
  ({ ...requests(limit), bucket: 'tokens:team_1', kind: 'tokens', subject: 'team' }) as LimitSpec;
const slots = (limit: number): LimitSpec => ({
  bucket: 'concurrency:org_1',
  kind: 'concurrency',
  models: null,
  subject: 'organisation',
  rate: { limit },
});
const budget = (id: string, fields: Partial<BudgetSpec> = {}): BudgetSpec => ({
  id,
  models: null,
  subject: 'token',
  hard: true,
  ...fields,
});

const key = (policy: Partial<TokenPolicy>): string => harness.addToken(policy).text;
async function refusal(response: Response) {
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  return { status: response.status, code: error.code, message: error.message, waits: response.headers.get('retry-after') };
}
/** 5 + 100 tokens at 1 and 2 dollars per million: what the harness's adapter reports costs 20 micro-dollars. */
const asked = (fields: object = {}) => chat({ max_tokens: 100, ...fields });
const worstOf = (body: string, output = 100): number => (body.length + 2 * output) * 1_000;

describe('limits', () => {
  test('a call takes from all limits or from none: what one refuses is not missing in the others', async () => {
    const text = key({ limits: [requests(5), requests(1, { bucket: 'requests:team_1', subject: 'team' })] });
    expect((await harness.post(text)).status).toBe(200);
    for (let call = 0; call < 3; call += 1) {
      const refused = await refusal(await harness.post(text));
      expect(refused).toMatchObject({
        status: 429,
        code: 'rate_limit_exceeded',
        message: 'The limit of 1 requests per 60 s of the team is reached.',
      });
      expect(Number(refused.waits)).toBeGreaterThan(50);
    }
    const other = key({ limits: [requests(5)] });
    const statuses = [];
    for (let call = 0; call < 5; call += 1) statuses.push((await harness.post(other)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 429]);
  });

  test('a limit for some models counts those alone, and is named', async () => {
    const text = key({ limits: [requests(1, { bucket: 'requests:tok_1:gpt-*', models: 'gpt-*' })] });
    expect((await harness.post(text)).status).toBe(200);
    expect((await refusal(await harness.post(text))).message).toContain('for the models gpt-*');
    expect((await harness.post(text, chat({ model: 'fallback' }))).status).toBe(200);
  });

  test('tokens that a call does not use can be used by the next; the headers tell what is left', async () => {
    const text = key({ limits: [tokens(600)] });
    for (let call = 0; call < 8; call += 1) {
      const response = await harness.post(text, asked());
      expect(response.status, `call ${call}`).toBe(200);
      expect(response.headers.get('x-ratelimit-limit-tokens')).toBe('600');
      await response.text();
    }
    const used = harness.calls.length * 15;
    expect(used).toBe(120);
  });

  test('a call that could use more tokens than the limit ever holds is refused with what to do about it', async () => {
    const text = key({ limits: [tokens(600)] });
    expect(await refusal(await harness.post(text, asked({ max_tokens: 5_000 })))).toMatchObject({
      status: 429,
      message: expect.stringMatching(/could use 50\d\d tokens.*600 at once: ask for fewer with max_tokens/),
      waits: null,
    });
    expect(harness.calls).toHaveLength(0);
  });

  test('a missing max_tokens is cut down to what the limit has room for', async () => {
    const body = chat();
    expect((await harness.post(key({ limits: [tokens(600)] }), body)).status).toBe(200);
    expect(harness.calls[0]?.call.maxOutputTokens).toBe(600 - body.length);
  });

  test('a slot is held until the call is settled, whatever becomes of it', async () => {
    const text = key({ limits: [slots(2)] });
    const release: (() => void)[] = [];
    harness.adapt = (stream) => void release.push(() => answerWhole(stream));
    const leaver = new AbortController();
    const held = [harness.post(text), harness.post(text, chat(), { signal: leaver.signal }).catch(() => null)];
    await waitFor(() => release.length === 2);
    expect(await refusal(await harness.post(text))).toMatchObject({
      status: 429,
      message: 'The limit of 2 calls at once of the organisation is reached.',
    });
    leaver.abort();
    await waitFor(() => harness.router.gate.calls.size === 1);
    harness.adapt = (stream) => answerWhole(stream);
    await waitFor(async () => (await harness.post(text)).status === 200);
    release[0]?.();
    expect((await held[0])?.status).toBe(200);
  });

  test('a limit that is in the policy is enforced through a fallback as well, and once', async () => {
    const text = key({ limits: [requests(2)] });
    harness.adapt = (stream, call) =>
      call.deploymentId === 'a' ? stream.fail(failure('upstream_overloaded')) : answerWhole(stream);
    expect((await harness.post(text, chat({ model: 'fallback' }))).status).toBe(200);
    expect((await harness.post(text, chat({ model: 'fallback' }))).status).toBe(200);
    expect((await harness.post(text, chat({ model: 'fallback' }))).status).toBe(429);
  });
});

describe('budgets', () => {
  test('what a call costs is charged, once, to each of its budgets; what it could have cost comes back', async () => {
    authority.budget('budget_a', 100 * MILLION);
    authority.budget('budget_b', 50 * MILLION);
    const text = key({
      budgets: [budget('budget_a'), budget('budget_b', { subject: 'team' }), budget('budget_s', { hard: false })],
    });
    expect((await harness.post(text, asked())).status).toBe(200);
    await waitFor(() => authority.charges.length === 3);
    expect(authority.charges.map((charge) => [charge.budget, charge.nano, charge.lease === null])).toEqual([
      ['budget_a', 20_000, false],
      ['budget_b', 20_000, false],
      ['budget_s', 20_000, true],
    ]);
    await waitFor(() => authority.out === 0);
    expect(authority.windows.get('budget_b')).toMatchObject({ committed: 20_000, charged: 20_000 });
  });

  test('N parallel calls on money for two: two are admitted', async () => {
    const body = asked();
    authority.budget('budget_a', 2 * worstOf(body) + 1);
    const text = key({ budgets: [budget('budget_a')] });
    const release: (() => void)[] = [];
    harness.adapt = (stream) => void release.push(() => answerWhole(stream));
    const refused: number[] = [];
    const calls = Array.from({ length: 10 }, async () => {
      const { status } = await harness.post(text, body);
      if (status !== 200) refused.push(status);
      return status;
    });
    await waitFor(() => refused.length === 8 && release.length === 2);
    expect(new Set(refused)).toEqual(new Set([429]));
    for (const go of release) go();
    const statuses = await Promise.all(calls);
    expect(statuses.filter((status) => status === 200)).toHaveLength(2);
  });

  test('used up: 429 budget_exceeded that names the budget and when its window ends', async () => {
    authority.budget('budget_a', worstOf(asked()));
    const text = key({ budgets: [budget('budget_a', { subject: 'organisation' })] });
    expect((await harness.post(text, asked())).status).toBe(200);
    await waitFor(() => authority.out === 0);
    const refused = await refusal(await harness.post(text, asked()));
    expect(refused).toMatchObject({ status: 429, code: 'budget_exceeded' });
    expect(refused.message).toBe(
      'The budget "the budget_a" of the organisation has no room this month for what this call could cost.',
    );
    expect(Number(refused.waits)).toBeGreaterThan(86_000);
    expect(harness.calls).toHaveLength(1);
  });

  test('a model without a price under a hard budget is refused with the reason; under a soft one it is served', async () => {
    authority.budget('budget_a', 100 * MILLION);
    const routing = harness.routing();
    harness.snapshot = () => ({
      ...routing,
      revision: 2,
      deployments: routing.deployments.map((each) => ({ ...each, price: null })),
    });
    harness.changeCatalog({ v: 1, epoch: 'e', from: 2, to: 2, routing: null });
    await waitFor(() => harness.router.gate.routes.index?.revision === 2);
    expect(await refusal(await harness.post(key({ budgets: [budget('budget_a')] })))).toMatchObject({
      status: 403,
      code: 'model_not_allowed',
      message: expect.stringContaining('has no price, so a budget of this token could not be kept'),
    });
    expect((await harness.post(key({ budgets: [budget('budget_a', { hard: false })] }))).status).toBe(200);
  });

  test('a missing max_tokens gets the cap of the policy, and the reservation is made with it', async () => {
    const body = chat();
    authority.budget('budget_a', worstOf(body, 50));
    const caps = { ...EMPTY_POLICY.caps, outputTokens: 50 };
    expect((await harness.post(key({ caps, budgets: [budget('budget_a')] }), body)).status).toBe(200);
    expect(harness.calls[0]?.call.maxOutputTokens).toBe(50);
  });

  test('a model that does not say what it writes at most is told: the reservation is a bound', async () => {
    authority.budget('budget_a', 100 * MILLION);
    expect((await harness.post(key({ budgets: [budget('budget_a')] }))).status).toBe(200);
    expect(harness.calls[0]?.call.maxOutputTokens).toBe(16_384);
  });

  test('n answers are reserved n times; a picture that is only referred to is reserved as the largest', async () => {
    const body = asked({ n: 4 });
    authority.budget('budget_a', worstOf(body, 400) - 1);
    expect((await harness.post(key({ budgets: [budget('budget_a')] }), body)).status).toBe(429);
    authority.budget('budget_b', 40 * MILLION);
    const picture = chat({
      max_tokens: 1,
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x.test/y.png' } }] }],
    });
    expect((await harness.post(key({ budgets: [budget('budget_b')] }), picture)).status).toBe(429);
  });

  test('a budget that nobody keeps is refused, one in another currency too, an authority that is away is said to be', async () => {
    expect(await refusal(await harness.post(key({ budgets: [budget('budget_none')] })))).toMatchObject({
      status: 429,
      code: 'budget_exceeded',
    });
    authority.budget('budget_e', 100 * MILLION);
    authority.currency = 'EUR';
    expect((await harness.post(key({ budgets: [budget('budget_e')] }))).status).toBe(403);
    authority.currency = 'USD';
    authority.budget('budget_a', 100 * MILLION);
    authority.up = false;
    expect(await refusal(await harness.post(key({ budgets: [budget('budget_a')] })))).toMatchObject({
      status: 429,
      code: 'quota_unavailable',
    });
  });

  test('a call that fails or is never dispatched costs nothing and leaves no reservation', async () => {
    authority.budget('budget_a', 100 * MILLION);
    const text = key({ budgets: [budget('budget_a')] });
    harness.adapt = (stream) => stream.fail(failure('upstream_error'));
    expect((await harness.post(text, asked())).status).toBe(502);
    await waitFor(() => authority.out === 0 && harness.records.length === 1);
    expect(authority.charges).toEqual([]);
    expect(authority.windows.get('budget_a')).toMatchObject({ committed: 0, charged: 0 });
  });

  test('charges that auth cannot book wait without holding up records, and arrive once', async () => {
    authority.budget('budget_a', 100 * MILLION);
    const text = key({ budgets: [budget('budget_a')] });
    expect((await harness.post(text, asked())).status).toBe(200);
    await waitFor(() => authority.charges.length === 1);
    authority.up = false;
    expect((await harness.post(text, asked())).status).toBe(200);
    await waitFor(() => harness.records.length === 2);
    expect(authority.charges).toHaveLength(1);
    authority.up = true;
    await waitFor(() => authority.charges.length === 2);
    await waitFor(() => authority.out === 0);
  });
});
