import type { Stack } from '@tollgate/testing';
import { describe, expect, test } from 'vitest';
import { chat, entriesOf, errorOf, newCallName, readEvents, recordOf } from '../support.ts';

/** What an upstream can do wrong: the caller gets a clear answer that names the provider, and the record says what happened. */
export function describeUpstreamTrouble(stack: () => Stack): void {
  describe('upstream trouble', () => {
    const named = (user: string, body: Record<string, unknown>): Promise<Response> =>
      chat(stack(), { user, ...body }, { headers: { 'x-request-id': user } });

    test.each([
      ['sim/sim-400', 400],
      ['sim/sim-401', 502],
      ['sim/sim-429', 429],
      ['sim/sim-500', 502],
      ['sim/sim-529', 503],
      ['sim/sim-html', 502],
      ['sim/sim-garbage', 502],
      ['sim/sim-redirect', 502],
      ['sim/sim-cut', 502],
    ])('%s is told as %i from the provider, and recorded as failed', async (model, status) => {
      const user = newCallName();
      const response = await named(user, { model });
      expect(response.status).toBe(status);
      expect(response.headers.get('x-tollgate-error-source')).toBe('provider');
      expect((await response.text()).length).toBeGreaterThan(0);
      expect(await recordOf(stack(), user)).toMatchObject({ outcome: 'failed', status });
      expect((await recordOf(stack(), user)).attempts.length).toBe((await entriesOf(stack(), user)).length);
    });

    test('429 carries the time to wait', async () => {
      const response = await named(newCallName(), { model: 'sim/sim-429' });
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    });

    test("never is the upstream's key told", async () => {
      const response = await named(newCallName(), { model: 'sim/sim-401' });
      const text = JSON.stringify([...response.headers]) + (await response.text());
      for (const canary of stack().canaries) expect(text).not.toContain(canary);
    });

    test('a failure before the first byte is tried again, and both attempts are recorded', async () => {
      const user = newCallName();
      const response = await named(user, { model: 'sim/sim-flaky-1' });
      expect(response.status).toBe(200);
      await response.text();
      const record = await recordOf(stack(), user);
      const entries = await entriesOf(stack(), user);
      expect(record.attempts.map(({ status }) => status)).toEqual([500, 200]);
      expect(record.attempts.map((attempt) => attempt.upstream_request_id)).toEqual(entries.map(({ id }) => id));
    });

    test('an error event before any content is no stream but an error', async () => {
      const response = await named(newCallName(), { model: 'sim/sim-error-event', stream: true });
      expect(response.status).toBeGreaterThanOrEqual(500);
      expect((await errorOf(response)).message.length).toBeGreaterThan(0);
    });

    test('a stream that the upstream cuts ends with an error event, and what came is counted', async () => {
      const user = newCallName();
      const response = await named(user, { model: 'sim/sim-cut', stream: true });
      expect(response.status).toBe(200);
      const { events } = await readEvents(response);
      expect(events.at(-1)).toContain('upstream_closed');
      expect(events).not.toContain('[DONE]');
      const record = await recordOf(stack(), user);
      expect(record).toMatchObject({ outcome: 'interrupted', error_code: 'upstream_closed' });
      expect(record.tokens.output).toBeGreaterThan(0);
    });

    test("half an SSE line is held back; a caller's time limit ends the stall with an error event", async () => {
      const user = newCallName();
      const response = await chat(
        stack(),
        { user, model: 'sim/sim-half', stream: true },
        { headers: { 'x-request-id': user, 'x-tollgate-timeout': '2000' } },
      );
      const { events } = await readEvents(response);
      expect(events.filter((event) => event.includes('"half'))).toEqual([]);
      expect(events.at(-1)).toContain('deadline_exceeded');
      expect(await recordOf(stack(), user)).toMatchObject({ outcome: 'interrupted' });
    });

    test("an upstream that never answers is 504 at the caller's time limit", async () => {
      const user = newCallName();
      const since = performance.now();
      const response = await chat(
        stack(),
        { user, model: 'sim/sim-silent' },
        { headers: { 'x-request-id': user, 'x-tollgate-timeout': '1000' } },
      );
      expect(response.status).toBe(504);
      expect(performance.now() - since).toBeGreaterThan(900);
      expect(performance.now() - since).toBeLessThan(3_000);
      await response.text();
      expect(await recordOf(stack(), user)).toMatchObject({ outcome: 'failed', status: 504 });
    });
  });
}
