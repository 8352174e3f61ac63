import { type Stack, waitFor } from '@tollgate/testing';
import { describe, expect, test } from 'vitest';
import { chat, errorOf } from '../support.ts';

/** For the arrangement whose routers hold their adapters: they go on without a message bus. */
export function describeCutOff(stack: () => Stack): void {
  describe('the message bus is away', () => {
    test('calls go on, a token that is revoked meanwhile is refused within 5 s, a new one is known', async () => {
      const { id, token } = await stack().createToken();
      expect((await chat(stack(), { model: 'sim/sim-fast' }, { token })).status).toBe(200);
      await stack().nats?.kill();
      try {
        expect((await chat(stack(), { model: 'sim/sim-fast' }, { token })).status).toBe(200);
        expect((await stack().api(`/api/v1/tokens/${id}`, { method: 'DELETE' })).status).toBeLessThan(300);
        const since = performance.now();
        const refused = await waitFor(
          async () => {
            const response = await chat(stack(), { model: 'sim/sim-fast' }, { token });
            if (response.status !== 200) return response;
            await response.text();
            return null;
          },
          { intervalMs: 100 },
        );
        expect([refused.status, (await errorOf(refused)).code]).toEqual([401, 'invalid_api_key']);
        expect(performance.now() - since).toBeLessThan(5_000);
        const later = await stack().createToken();
        expect((await chat(stack(), { model: 'sim/sim-fast' }, { token: later.token })).status).toBe(200);
      } finally {
        await stack().nats?.start();
      }
      await waitFor(async () => (await stack().api('/api/v1/usage')).status === 200, { timeoutMs: 20_000 });
    });
  });
}
