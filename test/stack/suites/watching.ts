import { type OtlpReceiver, type Stack, waitFor } from '@tollgate/testing';
import { describe, expect, test } from 'vitest';
import { chat, newCallName, recordOf } from '../support.ts';

/** What operators see: one trace over the processes, probes, and no secret anywhere. */
export function describeWatching(stack: () => Stack, receiver: () => OtlpReceiver): void {
  describe('watching', () => {
    test("router and adapter are one trace under the caller's own span", async () => {
      const user = newCallName();
      const traceId = user.replaceAll(/\D/g, '').padStart(32, 'a').slice(-32);
      const response = await chat(
        stack(),
        { model: 'sim/sim-fast', stream: true },
        { headers: { traceparent: `00-${traceId}-00000000000000ab-01`, 'x-request-id': user } },
      );
      await response.text();
      const spans = await waitFor(
        () => {
          const found = receiver().spans.filter((span) => span.traceId === traceId);
          return found.length >= 2 && found;
        },
        { timeoutMs: 15_000, what: 'two spans of the trace' },
      );
      const root = spans.find((span) => span.parentSpanId === '00000000000000ab');
      expect(root?.kind).toBe(2);
      const child = spans.find((span) => span.parentSpanId === root?.spanId);
      expect(child?.kind).toBe(3);
      expect((await recordOf(stack(), user)).trace_id).toBe(traceId);
    });

    test('every process says that it is well and ready', async () => {
      for (const { url } of stack().processes) {
        expect((await fetch(`${url}/healthz`)).status).toBe(200);
        expect((await fetch(`${url}/readyz`)).status).toBe(200);
      }
    });

    test('no secret stands in a log or a span', async () => {
      const logs = stack()
        .logs()
        .replaceAll(/^ready url=.*$/gm, '')
        .replaceAll(/^ {2}curl .*$/gm, '');
      expect(logs.length).toBeGreaterThan(0);
      const spans = Buffer.concat(receiver().bodies).toString('latin1');
      for (const canary of stack().canaries) {
        expect(logs.includes(canary)).toBe(false);
        expect(spans.includes(canary)).toBe(false);
      }
    });
  });
}
