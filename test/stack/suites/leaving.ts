import { type LedgerEntry, type Stack, waitFor } from '@tollgate/testing';
import { describe, expect, test } from 'vitest';
import { chat, entriesOf, newCallName, recordOf } from '../support.ts';

interface Departure {
  readonly user: string;
  readonly entry: LedgerEntry;
  /** Milliseconds from the caller's leaving to the end of the upstream's connection. */
  readonly delay: number;
}

/** Callers who leave: the upstream call is aborted within 100 ms, and what was used is recorded. */
export function describeLeaving(stack: () => Stack): void {
  describe('a caller who leaves', () => {
    const begun = (user: string): Promise<LedgerEntry> =>
      waitFor(async () => (await entriesOf(stack(), user))[0], { intervalMs: 5, what: 'the upstream call' });
    const ended = (user: string): Promise<LedgerEntry> =>
      waitFor(async () => (await entriesOf(stack(), user)).find(({ closedAt }) => closedAt !== null), { intervalMs: 5 });

    /** Of five callers who leave one after the other the middle delay: a busy machine may hold up one of them. */
    const leave = async (
      model: string,
      stream: boolean,
      when: (user: string, response: Promise<Response>) => Promise<void>,
    ): Promise<Departure> => {
      const departures: Departure[] = [];
      for (let i = 0; i < 5; i += 1) departures.push(await leaveOnce(model, stream, when));
      expect(new Set(departures.map(({ entry }) => entry.state)).size).toBe(1);
      return departures.toSorted((a, b) => a.delay - b.delay)[2] as Departure;
    };
    const leaveOnce = async (
      model: string,
      stream: boolean,
      when: (user: string, response: Promise<Response>) => Promise<void>,
    ) => {
      const user = newCallName();
      const controller = new AbortController();
      const response = chat(stack(), { user, model, stream }, { signal: controller.signal, headers: { 'x-request-id': user } });
      response.catch(() => undefined);
      await when(user, response);
      const leftAt = Date.now();
      controller.abort();
      const entry = await ended(user);
      return { user, entry, delay: (entry.closedAt ?? 0) - leftAt };
    };

    test('before the first byte', async () => {
      const { user, entry, delay } = await leave('sim/sim-silent', true, async (name) => void (await begun(name)));
      expect(entry.state).toBe('aborted');
      expect(delay).toBeLessThan(100);
      expect(await recordOf(stack(), user)).toMatchObject({ outcome: 'cancelled', status: 499 });
    });

    test('in the middle of a stream', async () => {
      const { user, entry, delay } = await leave('sim/sim-slow-20ms-500', true, async (_, response) => {
        const reader = (await response).body?.getReader();
        for (let i = 0; i < 5; i += 1) await reader?.read();
      });
      expect(entry.state).toBe('aborted');
      expect(delay).toBeLessThan(100);
      const record = await recordOf(stack(), user);
      expect(record.outcome).toBe('cancelled');
      expect(record.basis).toBe('counted');
      // At most a frame that was on its way.
      expect(Math.abs(record.tokens.output - entry.framesSent)).toBeLessThanOrEqual(2);
    });

    test('in the middle of a whole answer', async () => {
      const { user, entry, delay } = await leave('sim/sim-wait-5000ms', false, async (name) => void (await begun(name)));
      expect(entry.state).toBe('aborted');
      expect(delay).toBeLessThan(100);
      expect(await recordOf(stack(), user)).toMatchObject({ outcome: 'cancelled' });
    });

    test('after the last byte, which changes nothing', async () => {
      const { user } = await leave('sim/sim-fast', false, async (_, response) => void (await (await response).text()));
      expect(await recordOf(stack(), user)).toMatchObject({ outcome: 'succeeded', status: 200 });
    });

    test('a reader that stands still stops the upstream', async () => {
      const user = newCallName();
      const controller = new AbortController();
      const response = await chat(
        stack(),
        { user, model: 'sim/sim-big-200mb', stream: true },
        { signal: controller.signal, headers: { 'x-request-id': user } },
      );
      await response.body?.getReader().read();
      let last = -1;
      await waitFor(
        async () => {
          const frames = (await entriesOf(stack(), user))[0]?.framesSent ?? 0;
          const still = frames === last;
          last = frames;
          return still;
        },
        { intervalMs: 300, timeoutMs: 15_000, what: 'the upstream to stand still' },
      );
      // Frames of 16 kB: what lies in the buffers of sockets and processes, far from 200 MB.
      expect(last * 16_000).toBeLessThan(40_000_000);
      controller.abort();
      await ended(user);
    });
  });
}
