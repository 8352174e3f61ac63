import type { RouteSimulation } from '@tollgate/contracts';
import { type Stack, waitFor } from '@tollgate/testing';
import { describe, expect, test } from 'vitest';
import { chat, entriesOf, newCallName, recordOf } from '../support.ts';

/** An alias with targets and fallbacks, made by the API: what is foretold is what happens. */
export function describeRouting(stack: () => Stack): void {
  describe('routing', () => {
    const make = async (fields: Readonly<Record<string, unknown>>): Promise<string> => {
      const model = `alias-${newCallName()}`;
      const { status, body } = await stack().api('/api/v1/routes', { method: 'POST', body: { model, ...fields } });
      expect(status, JSON.stringify(body)).toBe(201);
      // Every router has it, not only the one that answers first.
      await waitFor(
        async () => {
          const calls = await Promise.all([1, 2, 3, 4].map(() => simulate(model)));
          return calls.every(({ status: seen }) => seen === 200);
        },
        { what: 'the route at the routers' },
      );
      return model;
    };
    const simulate = async (model: string, fields: Readonly<Record<string, unknown>> = {}) => {
      const answer = await stack().api('/api/v1/routes/simulate', { method: 'POST', body: { model, ...fields } });
      return { status: answer.status, body: answer.body as RouteSimulation };
    };

    test('a call takes the way that was foretold, and its record tells it', async () => {
      const model = await make({
        targets: [{ model: 'sim/sim-503' }, { model: 'sim/sim-429', priority: 1 }],
        fallbacks: [{ on: ['rate_limit'], model: 'sim/sim-fast' }],
      });
      const foretold = await simulate(model, { failures: ['overloaded', 'rate_limit'] });
      expect(foretold.body.attempts.map(({ reason }) => reason)).toEqual(['first', 'next_target', 'fallback']);
      expect(foretold.body.outcome).toBe('answered');
      const user = newCallName();
      const response = await chat(stack(), { model, user }, { headers: { 'x-request-id': user } });
      expect(response.status).toBe(200);
      await response.text();
      expect(response.headers.get('x-tollgate-attempts')).toBe('3');
      const record = await recordOf(stack(), user);
      expect(record.attempts.map(({ status }) => status)).toEqual([503, 429, 200]);
      expect(foretold.body.attempts.at(-1)?.model).toBe('sim/sim-fast');
      expect((await entriesOf(stack(), user)).length).toBe(3);
    });

    test('affinity keeps the calls of a token at one target', async () => {
      const model = await make({
        strategy: 'affinity',
        targets: [{ model: 'sim/sim-fast' }, { model: 'sim/sim-tools' }, { model: 'sim/sim-slow-20ms' }],
      });
      const { token } = await stack().createToken();
      const seen = new Set<string | null>();
      for (let i = 0; i < 6; i += 1) {
        const response = await chat(stack(), { model }, { token });
        await response.text();
        seen.add(response.headers.get('x-tollgate-model'));
      }
      expect(seen.size).toBe(1);
    });

    test('a name that nobody has is 404, another organisation or a wrong field is told', async () => {
      expect((await simulate('nobody/knows')).status).toBe(404);
      expect((await simulate('sim/sim-fast', { failures: ['weather'] })).status).toBe(400);
    });
  });
}
