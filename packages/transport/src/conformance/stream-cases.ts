import { randomBytes } from 'node:crypto';
import { EMPTY_BYTES } from '@tollgate/kernel';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { ServerStream } from '../transport.js';
import type { TransportCase } from './fixture.js';
import { newSubject, open, plain, serve, text, until } from './recording.js';

export const STREAM_CASES: readonly TransportCase[] = [
  {
    name: 'a short answer is head, data and end',
    async run({ client, server }) {
      const subject = newSubject();
      const headers = { 'tg-request-id': 'req_1', 'tg-tenant': 'org_1' };
      let seen: ServerStream | null = null;
      await serve(server, client, subject, (stream) => {
        seen = stream;
        stream.sendHead(text('head'));
        stream.send(text('body'));
        stream.end(text('end'));
      });
      const answer = open(client, subject, { headers, meta: text('call'), body: text('question') });
      await answer.over;
      expect(answer.order).toEqual(['head', 'data', 'end']);
      expect([answer.head, answer.data, answer.trailer].map((bytes) => plain(bytes ?? EMPTY_BYTES))).toEqual([
        'head',
        'body',
        'end',
      ]);
      expect(seen).toMatchObject({ headers });
      expect(plain((seen as unknown as ServerStream).meta)).toBe('call');
      expect(plain((seen as unknown as ServerStream).body)).toBe('question');
    },
  },
  {
    name: 'an application failure brings its payload, before the head and after data',
    async run({ client, server }) {
      const subject = newSubject();
      await serve(server, client, subject, (stream) => {
        if (plain(stream.meta) === 'late') {
          stream.sendHead(text('head'));
          stream.send(text('some'));
        }
        stream.fail(text('why'));
      });
      for (const [meta, order] of [
        ['early', ['error:application']],
        ['late', ['head', 'data', 'error:application']],
      ] as const) {
        const answer = open(client, subject, { meta: text(meta) });
        await answer.over;
        expect(answer.order).toEqual(order);
        expect(plain(answer.failure?.meta ?? EMPTY_BYTES)).toBe('why');
      }
    },
  },
  {
    name: 'a handler that throws fails its stream and no other',
    async run({ client, server }) {
      const subject = newSubject();
      await serve(server, client, subject, (stream) => {
        if (plain(stream.meta) === 'bad') throw new Error('a secret');
        stream.end(EMPTY_BYTES);
      });
      const bad = open(client, subject, { meta: text('bad') });
      const good = open(client, subject, { meta: text('good') });
      await Promise.all([bad.over, good.over]);
      expect(bad.order).toEqual(['error:application']);
      expect(good.order).toEqual(['end']);
    },
  },
  {
    name: 'a receiver that throws takes no other stream along',
    async run({ client, server }) {
      const subject = newSubject();
      await serve(server, client, subject, (stream) => {
        stream.send(text('x'));
        stream.end(EMPTY_BYTES);
      });
      const bad = open(client, subject);
      bad.onData = () => {
        throw new Error('thrown by a receiver');
      };
      const good = open(client, subject);
      await Promise.all([bad.over, good.over]);
      expect(good.order).toEqual(['data', 'end']);
    },
  },
  {
    name: 'frames of any sizes arrive whole and in order',
    async run({ client, server }) {
      const subject = newSubject();
      let plan: readonly Uint8Array[] = [];
      await serve(server, client, subject, (stream) => {
        let index = 0;
        const go = (): void => {
          while (index < plan.length) {
            const chunk = plan[index] as Uint8Array;
            index += 1;
            if (!stream.send(chunk)) return;
          }
          stream.end(EMPTY_BYTES);
        };
        stream.onDrain = go;
        stream.sendHead(EMPTY_BYTES);
        go();
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.oneof(fc.nat(64), fc.nat(5000), fc.nat(400_000)), { maxLength: 30 }),
          fc.constantFrom(1000, 64 * 1024, 256 * 1024),
          async (sizes, windowBytes) => {
            plan = sizes.map((size) => randomBytes(size));
            const answer = open(client, subject, { windowBytes });
            await answer.over;
            expect(answer.failure).toBeNull();
            expect(Buffer.compare(answer.data, Buffer.concat(plan))).toBe(0);
          },
        ),
        { numRuns: 25 },
      );
    },
  },
  {
    name: 'a queue group shares its streams',
    async run({ client, server, join }) {
      const subject = newSubject();
      const counts = [0, 0];
      for (const [index] of counts.entries()) {
        await serve(index === 0 ? server : await join(), client, subject, (stream) => {
          counts[index] = (counts[index] ?? 0) + 1;
          stream.end(EMPTY_BYTES);
        });
      }
      const answers = Array.from({ length: 80 }, () => open(client, subject));
      await Promise.all(answers.map((answer) => answer.over));
      expect(counts.reduce((sum, count) => sum + count)).toBe(80);
      expect(Math.min(...counts)).toBeGreaterThan(10);
    },
  },
  {
    name: 'a stream that nobody serves fails at once',
    async run({ client }) {
      const first = open(client, newSubject());
      await first.over;
      const started = performance.now();
      const answer = open(client, newSubject());
      await answer.over;
      expect(answer.order).toEqual(['error:no_responders']);
      expect(performance.now() - started).toBeLessThan(50);
    },
  },
  {
    name: 'a body of 32 MiB arrives byte for byte',
    async run({ client, server }) {
      const subject = newSubject();
      let body: Uint8Array = EMPTY_BYTES;
      await serve(server, client, subject, (stream) => {
        body = stream.body;
        stream.end(EMPTY_BYTES);
      });
      const whole = randomBytes(32 * 1024 * 1024 + 17);
      const answer = open(client, subject, { body: whole, meta: text('large') });
      await answer.over;
      expect(answer.order).toEqual(['end']);
      expect(Buffer.compare(body, whole)).toBe(0);
    },
  },
  {
    name: 'a body beyond the limit is refused',
    async run({ client, server }) {
      const subject = newSubject();
      await serve(server, client, subject, (stream) => stream.end(EMPTY_BYTES));
      const answer = open(client, subject, { body: new Uint8Array(client.maxBodyBytes + 1) });
      await answer.over;
      expect(answer.order).toEqual(['error:protocol']);
    },
  },
  {
    name: 'a long stream lives by its heartbeat while nothing is sent',
    async run({ client, server }) {
      const subject = newSubject();
      let served: ServerStream | null = null;
      let cancelled = false;
      await serve(server, client, subject, (stream) => {
        served = stream;
        stream.onCancel = () => {
          cancelled = true;
        };
      });
      const answer = open(client, subject);
      await until('the stream is served', () => served !== null);
      // Longer than the silence that counts as death.
      const quietUntil = performance.now() + 4200;
      await until('the quiet time is over', () => performance.now() > quietUntil, 6000);
      (served as unknown as ServerStream).end(text('late'));
      await answer.over;
      expect([answer.order, cancelled]).toEqual([['end'], false]);
    },
  },
];
