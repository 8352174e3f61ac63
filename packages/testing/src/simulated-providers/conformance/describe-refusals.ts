import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SimulatedKeys } from '../engine/vendor.js';
import { SIMULATED_KEYS } from '../engine/vendor.js';
import { type SimulatedProviders, startSimulatedProviders } from '../server.js';

export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

export interface Endpoint {
  readonly provider: string;
  readonly path: string;
  readonly headers: (keys: SimulatedKeys) => Readonly<Record<string, string>>;
  /** A body that is served. */
  readonly good: object;
}

/** A mistake, what is laid over the good body, the status and a piece of what the vendor says to it. */
export type RefusalCase = readonly [name: string, change: object, status: number, says: string];

/** Each mistake is refused in the vendor's words; the same body without it is served. */
export function describeRefusals(title: string, endpoint: Endpoint, cases: readonly RefusalCase[]): void {
  describe(title, () => {
    let providers: SimulatedProviders;
    beforeAll(async () => {
      providers = await startSimulatedProviders();
    });
    afterAll(() => providers.stop());

    const send = async (body: unknown, headers = endpoint.headers(SIMULATED_KEYS)): Promise<{ status: number; text: string }> => {
      const answer = await fetch(`${providers.url(endpoint.provider)}${endpoint.path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      return { status: answer.status, text: await answer.text() };
    };

    test('the good body is served', async () => {
      expect(await send(endpoint.good)).toMatchObject({ status: 200 });
    });

    test('a body that is no JSON is refused', async () => {
      const { status, text } = await send('{"half":');
      expect([400, 422]).toContain(status);
      expect(() => JSON.parse(text) as unknown).not.toThrow();
    });

    test.for(cases)('%s', async ([, change, status, says]) => {
      const answer = await send({ ...endpoint.good, ...change });
      expect(answer.text).toContain(says);
      expect(answer.status).toBe(status);
      expect(providers.ledger.entries.at(-1)).toMatchObject({ state: 'refused', status });
    });
  });
}
