import { expect } from 'vitest';
import type { TransportCase } from './fixture.js';
import { newSubject, plain, respond, text, until } from './recording.js';

export const CONTROL_CASES: readonly TransportCase[] = [
  {
    name: 'a request is answered, with its headers and every byte value',
    async run({ client, server }) {
      const subject = newSubject();
      const seen: Readonly<Record<string, string>>[] = [];
      await respond(server, client, subject, async (body, headers) => {
        seen.push(headers);
        return body.slice().reverse();
      });
      const body = Uint8Array.from({ length: 256 }, (_, index) => index);
      const headers = { 'tg-request-id': 'req_1', traceparent: '00-aa-bb-01' };
      const answer = await client.request(subject, body, { timeoutMs: 5000, headers });
      expect(Buffer.compare(answer, body.slice().reverse())).toBe(0);
      expect(seen[0]).toMatchObject(headers);
    },
  },
  {
    name: 'an unanswered request times out',
    async run({ client, server }) {
      const subject = newSubject();
      await respond(server, client, subject, () => new Promise(() => {}));
      const started = performance.now();
      await expect(client.request(subject, text('x'), { timeoutMs: 100 })).rejects.toMatchObject({ code: 'timeout' });
      expect(performance.now() - started).toBeGreaterThan(90);
    },
  },
  {
    name: 'a handler that throws answers handler_failed without its message',
    async run({ client, server }) {
      const subject = newSubject();
      await respond(server, client, subject, async () => {
        throw new Error('a secret');
      });
      const failure = await client.request(subject, text('x'), { timeoutMs: 5000 }).catch((error) => error);
      expect(failure.code).toBe('handler_failed');
      expect(failure.message).not.toContain('a secret');
    },
  },
  {
    name: 'a request that nobody answers fails at once',
    async run({ client }) {
      await expect(client.request(newSubject(), text('x'), { timeoutMs: 5000 })).rejects.toMatchObject({ code: 'no_responders' });
      const started = performance.now();
      await expect(client.request(newSubject(), text('x'), { timeoutMs: 5000 })).rejects.toMatchObject({ code: 'no_responders' });
      expect(performance.now() - started).toBeLessThan(50);
    },
  },
  {
    name: 'a queue group shares its requests, one answer each',
    async run({ client, server, join }) {
      const subject = newSubject();
      const counts = [0, 0, 0];
      for (const [index] of counts.entries()) {
        const member = index === 0 ? server : await join();
        await respond(member, client, subject, async (body) => {
          counts[index] = (counts[index] ?? 0) + 1;
          return body;
        });
      }
      await Promise.all(Array.from({ length: 120 }, () => client.request(subject, text('x'), { timeoutMs: 5000 })));
      expect(counts.reduce((sum, count) => sum + count)).toBe(120);
      expect(Math.min(...counts)).toBeGreaterThan(10);
    },
  },
  {
    name: 'what is published reaches every subscriber, in order',
    async run({ client, server, join }) {
      const subject = newSubject();
      const heard: string[][] = [[], []];
      server.subscribe(subject, (message) => heard[0]?.push(plain(message.body)));
      (await join()).subscribe(subject, (message) => heard[1]?.push(plain(message.body)));
      await until('both subscribers hear', () => {
        client.publish(subject, text('probe'));
        return heard.every((lines) => lines.length > 0);
      });
      for (let index = 0; index < 100; index += 1) client.publish(subject, text(String(index)));
      const all = Array.from({ length: 100 }, (_, index) => String(index));
      for (const lines of heard) {
        await until('the last message', () => lines.at(-1) === '99');
        expect(lines.filter((line) => line !== 'probe')).toEqual(all);
      }
    },
  },
  {
    name: 'a subscription that is drained hears no more',
    async run({ client, server }) {
      const subject = newSubject();
      let heard = 0;
      const subscription = server.subscribe(subject, () => {
        heard += 1;
      });
      await until('the subscriber hears', () => {
        client.publish(subject, text('x'));
        return heard > 0;
      });
      await subscription.drain();
      const before = heard;
      client.publish(subject, text('x'));
      await client.request(newSubject(), text('x'), { timeoutMs: 1000 }).catch(() => {});
      expect(heard).toBe(before);
    },
  },
  {
    name: 'draining a responder lets what is under way finish',
    async run({ client, server }) {
      const subject = newSubject();
      let release = (): void => {};
      let started = false;
      const subscription = await respond(server, client, subject, async (body) => {
        started = true;
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return body;
      });
      const answer = client.request(subject, text('late'), { timeoutMs: 5000 });
      await until('the handler runs', () => started);
      const drained = subscription.drain();
      release();
      expect(plain(await answer)).toBe('late');
      await drained;
      await expect(client.request(subject, text('x'), { timeoutMs: 1000 })).rejects.toMatchObject({ code: 'no_responders' });
    },
  },
];
