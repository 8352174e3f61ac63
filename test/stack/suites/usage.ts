import { type Stack, waitFor } from '@tollgate/testing';
import { describe, expect, test } from 'vitest';
import { chat, entriesOf, newCallName, recordOf } from '../support.ts';

interface Totals {
  readonly totals: { readonly requests: number; readonly input_tokens: number; readonly output_tokens: number };
}

/** What the API tells of usage equals what the upstream noted, to the token. */
export function describeUsage(stack: () => Stack): void {
  describe('usage', () => {
    test.each([
      ['whole', false],
      ['streamed', true],
    ])('each %s answer is one record with the tokens of the upstream', async (_, stream) => {
      const names = [10, 11, 12, 13, 15].map((seed) => ({ seed, user: newCallName() }));
      for (const { seed, user } of names) {
        await (await chat(stack(), { model: 'sim/sim-fast', seed, user, stream }, { headers: { 'x-request-id': user } })).text();
      }
      for (const { user } of names) {
        const record = await recordOf(stack(), user);
        const [entry, ...more] = await entriesOf(stack(), user);
        expect(more).toEqual([]);
        expect(record).toMatchObject({ outcome: 'succeeded', basis: 'reported', stream });
        expect(record.tokens.input + record.tokens.cache_read).toBe(entry?.usage.promptTokens);
        expect(record.tokens.cache_read).toBe(entry?.usage.cachedTokens);
        expect(record.tokens.output).toBe(entry?.usage.completionTokens);
        expect(record.attempts[0]?.upstream_request_id).toBe(entry?.id);
        // Nobody has named a price for it: unknown, not nothing.
        expect(record.cost).toBeNull();
      }
    });

    test('the totals of one token are the sums of its calls', async () => {
      const { id, token } = await stack().createToken();
      const user = newCallName();
      for (let i = 0; i < 7; i += 1) await (await chat(stack(), { model: 'sim/sim-fast', user, seed: 20 + i }, { token })).text();
      await (await chat(stack(), { model: 'nobody/knows' }, { token })).text();
      const entries = await entriesOf(stack(), user);
      const report = await waitFor(
        async () => {
          const { body } = await stack().api(`/api/v1/usage?token_id=${id}&group_by=model`);
          return (body as Totals).totals.requests === 7 && (body as Totals & { groups: { key: string }[] });
        },
        { what: 'seven requests in the totals' },
      );
      expect(report.totals.input_tokens).toBe(entries.reduce((sum, { usage }) => sum + usage.promptTokens, 0));
      expect(report.totals.output_tokens).toBe(entries.reduce((sum, { usage }) => sum + usage.completionTokens, 0));
      expect(report.groups.map(({ key }) => key)).toContain('sim/sim-fast');
    });

    test('a call with a price in the catalogue is priced exactly', async () => {
      const user = newCallName();
      const response = await chat(stack(), { model: 'sim/sim-priced', user, seed: 1 }, { headers: { 'x-request-id': user } });
      expect(response.status).toBe(200);
      await response.text();
      const [entry] = await entriesOf(stack(), user);
      const { cost } = await recordOf(stack(), user);
      const tokens = entry?.usage ?? { promptTokens: 0, completionTokens: 0 };
      expect(cost?.currency).toBe('USD');
      // In tenths of a millionth, so that whole numbers are compared.
      expect(Math.round(Number(cost?.amount) * 1e7)).toBe(tokens.promptTokens * 25 + tokens.completionTokens * 100);
    });

    test('a call without a valid token leaves no record', async () => {
      const user = newCallName();
      expect((await chat(stack(), { model: 'sim/sim-fast' }, { token: 'no', headers: { 'x-request-id': user } })).status).toBe(
        401,
      );
      // A later call's record has arrived: the earlier one would be there, too.
      const later = newCallName();
      await (await chat(stack(), { model: 'sim/sim-fast' }, { headers: { 'x-request-id': later } })).text();
      await recordOf(stack(), later);
      const { body } = await stack().api(`/api/v1/usage/records?client_request_id=${user}`);
      expect((body as { data: unknown[] }).data).toEqual([]);
    });

    test('the limit of a token holds', async () => {
      const { token } = await stack().createToken({ limits: { requests: { limit: 5, period_seconds: 3_600, burst: 5 } } });
      const statuses = [];
      for (let i = 0; i < 12; i += 1) {
        const url = stack().routerUrls[i % stack().routerUrls.length] as string;
        const response = await chat(stack(), { model: 'sim/sim-fast' }, { token, url });
        statuses.push(response.status);
        if (response.status === 429) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
        await response.text();
      }
      expect(statuses.filter((status) => status === 200).length).toBe(5);
      expect(statuses.filter((status) => status === 429).length).toBe(7);
    });
  });
}
