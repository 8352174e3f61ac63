import { EMPTY_BYTES } from '@tollgate/kernel';
import { expect } from 'vitest';
import type { ServerStream } from '../transport.js';
import type { TransportCase } from './fixture.js';
import { newSubject, open, plain, pump, serve, text, until } from './recording.js';

export const ENDING_CASES: readonly TransportCase[] = [
  {
    name: 'a sender without credit stops, and goes on when there is some',
    async run({ client, server }) {
      const subject = newSubject();
      const total = 20 * 1024 * 1024;
      let progress = { sent: 0 };
      await serve(server, client, subject, (stream) => {
        progress = pump(stream, total, 16 * 1024);
      });
      const answer = open(client, subject, { windowBytes: 256 * 1024 });
      answer.consuming = false;
      await until('the window is full', () => answer.bytes === 256 * 1024);
      // A turn of the bus, in which a sender that did not stop would have gone on.
      await client.request(newSubject(), EMPTY_BYTES, { timeoutMs: 1000 }).catch(() => {});
      expect(answer.bytes).toBe(256 * 1024);
      expect(progress.sent).toBeLessThanOrEqual(256 * 1024 + 16 * 1024);
      answer.consuming = true;
      answer.stream?.consumed(answer.bytes);
      await answer.over;
      expect([answer.order.at(-1), answer.bytes]).toEqual(['end', total]);
    },
  },
  {
    name: 'a sender that ignores missing credit is failed before it fills the memory',
    async run({ client, server }) {
      const subject = newSubject();
      let refusedAt = 0;
      let reason = '';
      await serve(server, client, subject, (stream) => {
        let sent = 0;
        let over = false;
        stream.onCancel = (why) => {
          over = true;
          reason = why;
        };
        while (!over && sent < 64 * 1024 * 1024) {
          stream.send(new Uint8Array(64 * 1024));
          sent += 64 * 1024;
        }
        refusedAt = sent;
      });
      const answer = open(client, subject, { windowBytes: 128 * 1024 });
      answer.consuming = false;
      await answer.over;
      expect(answer.failure?.code).toBe('protocol');
      expect(reason).toBe('closed');
      expect(refusedAt).toBeLessThan(2 * 1024 * 1024);
    },
  },
  {
    name: 'one long chunk may be sent while there is credit',
    async run({ client, server }) {
      const subject = newSubject();
      const chunk = new Uint8Array(5 * 1024 * 1024).fill(7);
      await serve(server, client, subject, (stream) => {
        stream.send(chunk);
        stream.end(text('all'));
      });
      const answer = open(client, subject);
      await answer.over;
      expect([answer.bytes, plain(answer.trailer ?? EMPTY_BYTES)]).toEqual([chunk.length, 'all']);
    },
  },
  {
    name: 'a cancel in mid-stream stops the handler within 100 ms, and nothing comes after it',
    async run({ client, server }) {
      const subject = newSubject();
      let cancelledAt = 0;
      let reason = '';
      await serve(server, client, subject, (stream) => {
        const timer = setInterval(() => stream.send(text('tick')), 1);
        stream.onCancel = (why) => {
          clearInterval(timer);
          cancelledAt = performance.now();
          reason = why;
        };
      });
      const answer = open(client, subject);
      await until('data', () => answer.bytes > 0);
      const leftAt = performance.now();
      answer.stream?.cancel('the caller left');
      const before = answer.order.length;
      await until('the handler hears', () => cancelledAt > 0);
      expect(reason).toBe('cancelled');
      expect(cancelledAt - leftAt).toBeLessThan(100);
      expect(answer.order.length).toBe(before);
    },
  },
  {
    name: 'a cancel before the stream is accepted still reaches the handler, within 100 ms',
    async run({ client, server }) {
      const subject = newSubject();
      let cancelledAt = 0;
      let opened = 0;
      await serve(server, client, subject, (stream) => {
        opened += 1;
        stream.onCancel = () => {
          cancelledAt = performance.now();
        };
      });
      const leftAt = performance.now();
      const answer = open(client, subject);
      answer.stream?.cancel('gone already');
      await until('the handler hears', () => cancelledAt > 0);
      expect(cancelledAt - leftAt).toBeLessThan(100);
      expect([opened, answer.order]).toEqual([1, []]);
    },
  },
  {
    name: 'a cancel after the end does nothing',
    async run({ client, server }) {
      const subject = newSubject();
      let cancelled = false;
      await serve(server, client, subject, (stream) => {
        stream.onCancel = () => {
          cancelled = true;
        };
        stream.end(EMPTY_BYTES);
        // What a handler does after the end is no fault and no frame.
        stream.send(text('late'));
        stream.fail(text('late'));
      });
      const answer = open(client, subject);
      await answer.over;
      answer.stream?.cancel('too late');
      answer.stream?.consumed(10);
      const next = open(client, subject);
      await next.over;
      expect([answer.order, cancelled]).toEqual([['end'], false]);
    },
  },
  {
    name: 'past the deadline the receiver and the handler are told',
    async run({ client, server }) {
      const subject = newSubject();
      let reason = '';
      await serve(server, client, subject, (stream) => {
        expect(stream.deadlineMs).toBeLessThanOrEqual(200);
        stream.onCancel = (why) => {
          reason = why;
        };
      });
      const started = performance.now();
      const answer = open(client, subject, { deadlineMs: 200 });
      await answer.over;
      expect(answer.order).toEqual(['error:deadline']);
      expect(performance.now() - started).toBeGreaterThan(150);
      expect(performance.now() - started).toBeLessThan(600);
      await until('the handler hears', () => reason !== '');
      expect(reason).toBe('deadline');
    },
  },
  {
    name: 'callbacks that call back are safe',
    async run({ client, server }) {
      const subject = newSubject();
      await serve(server, client, subject, (stream) => {
        pump(stream, 100_000, 700);
      });
      const first = open(client, subject, { windowBytes: 2000 });
      let second: ReturnType<typeof open> | null = null;
      const onData = first.onData.bind(first);
      first.onData = (chunk) => {
        onData(chunk);
        second ??= open(client, subject, { windowBytes: 1000 });
      };
      await first.over;
      await (second as unknown as ReturnType<typeof open>).over;
      expect([first.bytes, (second as unknown as ReturnType<typeof open>).bytes]).toEqual([100_000, 100_000]);
    },
  },
  {
    name: 'a transport that drains finishes its streams and takes no new ones',
    async run({ client, join }) {
      const leaving = await join();
      if (leaving === client) throw new Error('this case needs a second process');
      const subject = newSubject();
      let served: ServerStream | null = null;
      await serve(leaving, client, subject, (stream) => {
        served = stream;
        stream.sendHead(EMPTY_BYTES);
      });
      const answer = open(client, subject);
      await until('the head', () => answer.head !== null);
      let refused = false;
      const drained = leaving.drain(5000);
      await until('new streams are refused', () => {
        const probe = open(client, subject, { meta: text('probe') });
        void probe.over.then(() => {
          if (probe.failure?.code === 'no_responders') refused = true;
        });
        return refused;
      });
      (served as unknown as ServerStream).end(text('whole'));
      await answer.over;
      await drained;
      expect(answer.order).toEqual(['head', 'end']);
      await expect(leaving.request(subject, EMPTY_BYTES, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'closed' });
    },
  },
  {
    name: 'a drain that runs out of time closes what is open',
    async run({ client, join }) {
      const leaving = await join();
      if (leaving === client) throw new Error('this case needs a second process');
      const subject = newSubject();
      let reason = '';
      await serve(leaving, client, subject, (stream) => {
        stream.sendHead(EMPTY_BYTES);
        stream.onCancel = (why) => {
          reason = why;
        };
      });
      const answer = open(client, subject);
      await until('the head', () => answer.head !== null);
      await leaving.drain(50);
      await answer.over;
      expect([reason, answer.failure?.code]).toEqual(['closed', 'closed']);
    },
  },
];
