import { type Stack, waitFor } from '@tollgate/testing';
import { describe, expect, test } from 'vitest';
import { chat, entriesOf, errorOf, newCallName, readEvents, recordOf } from '../support.ts';

const FRAMES = 400;

/** Parts that die, with SIGKILL, in the distributed arrangement. Each test gives back what it takes. */
export function describeLoss(stack: () => Stack): void {
  describe('loss', () => {
    const model = 'sim/sim-fast';
    const answering = (): Promise<true> =>
      waitFor(async () => (await chat(stack(), { model })).status === 200 || null, {
        timeoutMs: 20_000,
        what: 'calls to go through again',
      }) as Promise<true>;

    test('an adapter killed in mid-stream: an error event, and the usage is settled', async () => {
      const users = Array.from({ length: 6 }, newCallName);
      const responses = await Promise.all(
        users.map((user) =>
          chat(stack(), { user, model: 'sim/sim-slow-20ms-400', stream: true }, { headers: { 'x-request-id': user } }),
        ),
      );
      await waitFor(async () =>
        (await Promise.all(users.map((user) => entriesOf(stack(), user)))).every(([entry]) => (entry?.framesSent ?? 0) > 5),
      );
      for (const adapter of stack().of('provider-adapters')) await adapter.kill('SIGKILL');
      for (const response of responses) {
        const { events } = await readEvents(response);
        expect(events.at(-1)).toContain('"error"');
        expect(events).not.toContain('[DONE]');
      }
      for (const user of users) {
        const record = await recordOf(stack(), user);
        expect(record).toMatchObject({ outcome: 'interrupted', error_code: 'adapter_lost' });
        expect(record.tokens.output).toBeGreaterThan(0);
      }
    });

    test('without any adapter: 503 at once', async () => {
      const since = performance.now();
      const response = await chat(stack(), { model });
      expect([response.status, (await errorOf(response)).code]).toEqual([503, 'no_adapter']);
      expect(performance.now() - since).toBeLessThan(500);
      for (const adapter of stack().of('provider-adapters')) await adapter.start();
      await answering();
    });

    test('without nats-server: 503 at once, and by itself again when it is back', async () => {
      await stack().nats?.kill();
      const response = await waitFor(async () => {
        const since = performance.now();
        const answer = await chat(stack(), { model });
        const took = performance.now() - since;
        const code = answer.status === 200 ? '' : (await errorOf(answer)).code;
        return answer.status === 503 && { took, code };
      });
      expect(['gateway_unavailable', 'no_adapter']).toContain(response.code);
      expect(response.took).toBeLessThan(500);
      await stack().nats?.start();
      await answering();
    });

    test('nats-server restarted in mid-stream: an error event or the whole answer, never a hole', async () => {
      const users = Array.from({ length: 6 }, newCallName);
      const responses = await Promise.all(
        users.map((user) =>
          chat(
            stack(),
            { user, model: `sim/sim-slow-20ms-${FRAMES}`, stream: true },
            { headers: { 'x-request-id': user }, signal: AbortSignal.timeout(30_000) },
          ),
        ),
      );
      await waitFor(async () =>
        (await Promise.all(users.map((user) => entriesOf(stack(), user)))).every(([entry]) => (entry?.framesSent ?? 0) > 5),
      );
      await stack().nats?.kill();
      await stack().nats?.start();
      for (const [index, response] of responses.entries()) {
        const { events, broken } = await readEvents(response);
        expect(broken).toBe(false);
        const whole = events.at(-1) === '[DONE]';
        if (!whole) expect(events.at(-1)).toContain('"error"');
        const words = events.filter((event) => event.includes('"content":"') && !event.includes('"content":""')).length;
        const [entry] = await entriesOf(stack(), users[index] as string);
        // What a caller has is the beginning of what was sent; of a whole answer, all.
        if (whole) expect(words).toBe(FRAMES);
        else expect(words).toBeLessThanOrEqual(entry?.framesSent ?? 0);
        const record = await recordOf(stack(), users[index] as string, 30_000);
        expect(record.outcome).toBe(whole ? 'succeeded' : 'interrupted');
        expect(record.tokens.output).toBeGreaterThan(0);
      }
      await answering();
    });

    test('without Postgres: known tokens go on, and their records arrive when it is back', async () => {
      await answering();
      const before = Array.from({ length: 3 }, newCallName);
      await stack().postgres?.kill();
      for (const user of before) {
        const response = await chat(stack(), { user, model }, { headers: { 'x-request-id': user } });
        expect(response.status).toBe(200);
        await response.text();
      }
      await stack().postgres?.start();
      for (const user of before) expect(await recordOf(stack(), user, 60_000)).toMatchObject({ outcome: 'succeeded' });
    });

    test('a router killed in mid-stream: its calls are recorded once, as interrupted', async () => {
      const [, second] = stack().of('router');
      const user = newCallName();
      const response = await chat(
        stack(),
        { user, model: 'sim/sim-slow-20ms-400', stream: true },
        { url: second?.url ?? '', headers: { 'x-request-id': user } },
      );
      await waitFor(async () => ((await entriesOf(stack(), user))[0]?.framesSent ?? 0) > 5);
      await second?.kill('SIGKILL');
      expect((await readEvents(response)).broken).toBe(true);
      const aborted = await waitFor(async () => (await entriesOf(stack(), user)).find(({ state }) => state === 'aborted'));
      await second?.start();
      const record = await recordOf(stack(), user, 30_000);
      expect(record.outcome).toBe('interrupted');
      expect(aborted.framesSent).toBeLessThan(400);
    });

    test('analytics killed: calls go on, and every record arrives', async () => {
      const [analytics] = stack().of('analytics');
      await analytics?.kill('SIGKILL');
      const users = Array.from({ length: 10 }, newCallName);
      for (const user of users) {
        const response = await chat(stack(), { user, model }, { headers: { 'x-request-id': user } });
        expect(response.status).toBe(200);
        await response.text();
      }
      await analytics?.start();
      for (const user of users) expect(await recordOf(stack(), user, 30_000)).toMatchObject({ outcome: 'succeeded' });
    });
  });
}
