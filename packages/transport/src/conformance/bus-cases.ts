import { EMPTY_BYTES } from '@tollgate/kernel';
import { expect } from 'vitest';
import type { ServerStream } from '../transport.js';
import type { Bus, TransportCase, TransportFixture } from './fixture.js';
import { newSubject, open, plain, pump, respond, serve, text, until } from './recording.js';

function busOf(fixture: TransportFixture): Bus {
  if (fixture.bus === null) throw new Error('this case needs a bus between processes');
  return fixture.bus;
}

export const BUS_CASES: readonly TransportCase[] = [
  {
    name: 'a long body for which there is no room is refused at once; short ones pass, and room that is free again is used',
    async run(fixture) {
      const subject = newSubject();
      const cramped = await busOf(fixture).joinCramped(5 * 1024 * 1024);
      const served: ServerStream[] = [];
      let cancelled = false;
      await serve(cramped, fixture.client, subject, (stream) => {
        served.push(stream);
        stream.onCancel = () => {
          cancelled = true;
        };
      });
      const body = new Uint8Array(3 * 1024 * 1024);
      const first = open(fixture.client, subject, { body });
      await until('the first is whole', () => served.length === 1);
      const refusedAt = performance.now();
      const second = open(fixture.client, subject, { body });
      await second.over;
      expect([second.order, served.length]).toEqual([['error:no_capacity'], 1]);
      expect(performance.now() - refusedAt).toBeLessThan(1000);
      const short = open(fixture.client, subject, { body: text('short') });
      await until('the short one', () => served.length === 2);
      first.stream?.cancel('enough');
      await until('the first is over', () => cancelled);
      const third = open(fixture.client, subject, { body });
      await until('the third is whole', () => served.length === 3);
      for (const stream of served) stream.end(EMPTY_BYTES);
      await Promise.all([short.over, third.over]);
      expect([first.order, short.order, third.order]).toEqual([[], ['end'], ['end']]);
      await cramped.drain(0);
    },
  },
  {
    name: 'a lost frame is a gap, never a silent hole',
    async run(fixture) {
      const subject = newSubject();
      const lossy = await busOf(fixture).joinLossy();
      let reason = '';
      await serve(lossy.transport, fixture.client, subject, (stream) => {
        let count = 0;
        const timer = setInterval(() => {
          count += 1;
          lossy.lose = count === 5;
          stream.send(text(`${count} `));
        }, 5);
        stream.onCancel = (why) => {
          clearInterval(timer);
          reason = why;
        };
      });
      const answer = open(fixture.client, subject);
      await answer.over;
      expect(answer.failure?.code).toBe('gap');
      expect('1 2 3 4 '.startsWith(plain(answer.data))).toBe(true);
      await until('the handler hears', () => reason !== '');
      expect(reason).toBe('vanished');
    },
  },
  {
    name: 'a lost last frame is noticed too',
    async run(fixture) {
      const subject = newSubject();
      const lossy = await busOf(fixture).joinLossy();
      await serve(lossy.transport, fixture.client, subject, (stream) => {
        stream.sendHead(EMPTY_BYTES);
        setTimeout(() => {
          lossy.lose = true;
          stream.end(EMPTY_BYTES);
        }, 50);
      });
      const answer = open(fixture.client, subject);
      await answer.over;
      expect(answer.order).toEqual(['head', 'error:peer_lost']);
    },
  },
  {
    name: 'a serving process that is killed in mid-stream is peer_lost in under 4 s',
    async run(fixture) {
      const subject = newSubject();
      const other = await busOf(fixture).serveElsewhere(subject);
      const answer = open(fixture.client, subject);
      await until('data', () => answer.bytes > 0);
      const killedAt = performance.now();
      other.kill();
      await answer.over;
      expect(answer.failure?.code).toBe('peer_lost');
      expect(performance.now() - killedAt).toBeLessThan(4000);
    },
  },
  {
    name: 'an opening process that is killed in mid-stream has vanished in under 4 s',
    async run(fixture) {
      const subject = newSubject();
      let reason = '';
      await serve(fixture.server, fixture.client, subject, (stream) => {
        const timer = setInterval(() => stream.send(text('x')), 20);
        stream.onCancel = (why) => {
          clearInterval(timer);
          reason = why;
        };
      });
      const other = await busOf(fixture).openElsewhere(subject);
      await other.heard('data');
      const killedAt = performance.now();
      other.kill();
      await until('the handler hears', () => reason !== '');
      expect(reason).toBe('vanished');
      expect(performance.now() - killedAt).toBeLessThan(4000);
    },
  },
  {
    name: 'a receiver that stands still for a while stops the sender and loses nothing',
    async run(fixture) {
      const subject = newSubject();
      const total = 24 * 1024 * 1024;
      let progress = { sent: 0 };
      let reason = '';
      let goOn = (): void => {};
      await serve(fixture.server, fixture.client, subject, (stream) => {
        // The first chunk only, until the other process stands still.
        stream.send(new Uint8Array(1));
        goOn = () => {
          progress = pump(stream, total - 1, 16 * 1024);
        };
        stream.onCancel = (why) => {
          reason = why;
        };
      });
      const other = await busOf(fixture).openElsewhere(subject, total);
      await other.heard('data');
      other.pause();
      goOn();
      const resumeAt = performance.now() + 1500;
      await until('the pause is over', () => performance.now() > resumeAt);
      expect(progress.sent).toBeLessThan(300 * 1024);
      other.resume();
      await other.heard('all');
      expect([progress.sent, reason]).toEqual([total - 1, '']);
    },
  },
  {
    name: 'when the bus goes down streams and requests fail at once, calls are refused, and all comes back by itself',
    async run(fixture) {
      const { client, server } = fixture;
      const [streams, requests, news] = [newSubject(), newSubject(), newSubject()];
      let reason = '';
      let heard = 0;
      await serve(server, client, streams, (stream) => {
        stream.sendHead(EMPTY_BYTES);
        stream.onCancel = (why) => {
          reason = why;
        };
      });
      await respond(server, client, requests, (body) => (plain(body) === 'hang' ? new Promise(() => {}) : Promise.resolve(body)));
      server.subscribe(news, () => {
        heard += 1;
      });
      const answer = open(client, streams);
      await until('the head', () => answer.head !== null);
      const hanging = client.request(requests, text('hang'), { timeoutMs: 20_000 }).catch((error) => error);
      const changes: boolean[] = [];
      const forget = client.onConnectionChange((connected) => changes.push(connected));

      const downAt = performance.now();
      await busOf(fixture).kill();
      await answer.over;
      expect(answer.failure?.code).toBe('disconnected');
      expect((await hanging).code).toBe('disconnected');
      expect(performance.now() - downAt).toBeLessThan(1000);
      await until('the handler hears at once', () => reason !== '', 1000);
      expect(reason).toBe('vanished');
      expect(client.connected).toBe(false);
      const refusedAt = performance.now();
      await expect(client.request(requests, text('x'), { timeoutMs: 5000 })).rejects.toMatchObject({ code: 'disconnected' });
      expect(() => client.publish(news, text('never'))).toThrow(expect.objectContaining({ code: 'disconnected' }));
      const refused = open(client, streams);
      await refused.over;
      expect(refused.order).toEqual(['error:disconnected']);
      expect(performance.now() - refusedAt).toBeLessThan(50);

      await busOf(fixture).restart();
      await until('both are back', () => client.connected && server.connected);
      expect(heard).toBe(0);
      const again = open(client, streams);
      await until('the head after the restart', () => again.head !== null);
      again.stream?.cancel('done');
      expect(plain(await client.request(requests, text('x'), { timeoutMs: 5000 }))).toBe('x');
      client.publish(news, text('now'));
      await until('the news', () => heard === 1);
      expect(changes).toEqual([false, true]);
      forget();
    },
  },
];
