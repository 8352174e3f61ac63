import { randomBytes } from 'node:crypto';
import { EMPTY_BYTES } from '@tollgate/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clock, NatsBus } from '../conformance/nats-fixture.js';
import { newSubject, open, pump, serve, text, until } from '../conformance/recording.js';
import { type NatsServer, startNatsServer } from '../testing/start-nats-server.js';
import { connectNats, dial, transportOver } from './connect-nats.js';
import { ACCEPTED, CANCEL_CODES, DATA, FRAME_HEADER_BYTES, WIRE_VERSION, writeU32 } from './frame.js';
import { readOpening } from './opening.js';

let server: NatsServer;
let bus: NatsBus;
beforeAll(async () => {
  server = await startNatsServer({ maxPayload: 16 * 1024 });
  bus = new NatsBus(server);
});
afterAll(() => bus?.close());

const rawConnection = () => dial({ servers: server.url, name: 'raw', clock, randomBytes });

test('a short answer leaves in one message', async () => {
  const [client, serving, raw] = [await bus.join(), await bus.join(), await rawConnection()];
  const subject = newSubject();
  await serve(serving, client, subject, (stream) => {
    stream.sendHead(text('head'));
    stream.send(text('body'));
    stream.end(text('end'));
  });
  const messages: Uint8Array[] = [];
  raw.subscribe('_tg.f.*', { callback: (_error, message) => void messages.push(message.data) });
  await raw.flush();
  const answer = open(client, subject);
  await answer.over;
  await raw.flush();
  expect(answer.order).toEqual(['head', 'data', 'end']);
  expect(messages.length).toBe(1);
  await raw.close();
});

test('where a message holds 16 KB, bodies and answers of 3 MB come whole', async () => {
  const [client, serving] = [await bus.join(), await bus.join()];
  const subject = newSubject();
  const body = randomBytes(3_000_000);
  await serve(serving, client, subject, (stream) => {
    stream.send(stream.body);
    stream.end(EMPTY_BYTES);
  });
  const answer = open(client, subject, { body });
  await answer.over;
  expect(answer.order.at(-1)).toBe('end');
  expect(Buffer.compare(answer.data, body)).toBe(0);
});

test('a head, an end, a request and an answer that no message can hold are failures, not silence', async () => {
  const [client, serving] = [await bus.join(), await bus.join()];
  const subject = newSubject();
  const long = new Uint8Array(20_000);
  let reason = '';
  await serve(serving, client, subject, (stream) => {
    stream.onCancel = (why) => {
      reason = why;
    };
    stream.end(long);
  });
  const answer = open(client, subject);
  await answer.over;
  expect([answer.order, reason]).toEqual([['error:protocol'], 'closed']);
  const meta = open(client, subject, { meta: long });
  await meta.over;
  expect(meta.order).toEqual(['error:protocol']);
  await expect(client.request(subject, long, { timeoutMs: 1000 })).rejects.toMatchObject({ code: 'too_large' });
  serving.respond(`${subject}.long`, 'conformance', async () => long);
  await until('the responder is known', () => serving.connected);
  await client.request('nobody.v1.here', EMPTY_BYTES, { timeoutMs: 1000 }).catch(() => {});
  await expect(client.request(`${subject}.long`, EMPTY_BYTES, { timeoutMs: 1000 })).rejects.toMatchObject({ code: 'too_large' });
});

test('bytes that are no frames harm nobody', async () => {
  const [client, serving, raw] = [await bus.join(), await bus.join(), await rawConnection()];
  const subject = newSubject();
  await serve(serving, client, subject, (stream) => void pump(stream, 2_000_000, 1000));
  const inboxes = new Set<string>();
  raw.subscribe('_tg.f.*', { callback: (_error, message) => void inboxes.add(message.subject) });
  await raw.flush();
  const answer = open(client, subject);
  await until('both inboxes are known', () => inboxes.size >= 2);
  for (let round = 0; round < 500; round += 1) {
    // Version and length are right now and then; the ids are far from any that is open.
    const noise = randomBytes(1 + (round % 60));
    if (round % 2 === 0) noise.set([1, round % 20, 0xff, 0xff, 0xff, 0x7f].slice(0, noise.length));
    for (const inbox of inboxes) raw.publish(inbox, noise);
    raw.publish(subject, noise, { reply: [...inboxes][0]?.replace('_tg.f.', '_tg.r.').concat('.999') ?? '' });
  }
  await raw.flush();
  await answer.over;
  expect([answer.order.at(-1), answer.bytes]).toEqual(['end', 2_000_000]);
  await raw.close();
});

test('a thousand streams at once share the timer and all end', async () => {
  const [client, serving] = [await bus.join(), await bus.join()];
  const subject = newSubject();
  await serve(serving, client, subject, (stream) => {
    setTimeout(() => stream.end(EMPTY_BYTES), 50);
  });
  const answers = Array.from({ length: 1000 }, () => open(client, subject));
  await Promise.all(answers.map((answer) => answer.over));
  expect(answers.filter((answer) => answer.order.join() !== 'end')).toEqual([]);
});

test('no server: one clear error in time', async () => {
  const options = { servers: 'nats://127.0.0.1:1', name: 'x', clock, randomBytes, firstConnectMs: 300 };
  await expect(connectNats(options)).rejects.toMatchObject({
    code: 'disconnected',
    message: expect.stringContaining('no NATS server can be reached'),
  });
});

function frame(type: number, id: number, sequence: number, bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(1 + FRAME_HEADER_BYTES + bytes.length);
  whole[0] = WIRE_VERSION;
  whole[1] = type;
  writeU32(whole, 2, id);
  writeU32(whole, 6, sequence);
  writeU32(whole, 10, bytes.length);
  whole.set(bytes, 1 + FRAME_HEADER_BYTES);
  return whole;
}

test('a server that ignores credit is cut off by the receiver', async () => {
  const [client, raw] = [await bus.join(), await rawConnection()];
  const subject = newSubject();
  let cancelled: number | undefined;
  raw.subscribe('_tg.f.forged', {
    callback: (_error, message) => {
      cancelled = message.data[1 + FRAME_HEADER_BYTES];
    },
  });
  raw.subscribe(subject, {
    callback: (_error, message) => {
      const inbox = (message.reply ?? '').replace('_tg.r.', '_tg.f.').replace(/\.\d+$/, '');
      const id = readOpening(message.data)?.id ?? 0;
      raw.publish(inbox, frame(ACCEPTED, id, 0, Buffer.concat([new Uint8Array(4), text('_tg.f.forged')])));
      for (let sequence = 1; sequence <= 40; sequence += 1) raw.publish(inbox, frame(DATA, id, sequence, new Uint8Array(1000)));
    },
  });
  await raw.flush();
  const answer = open(client, subject, { windowBytes: 20_000 });
  answer.consuming = false;
  await answer.over;
  expect([answer.failure?.code, answer.bytes]).toEqual(['protocol', 20_000]);
  await until('the server is told', () => cancelled !== undefined);
  expect(CANCEL_CODES[cancelled as number]).toBe('vanished');
  await raw.close();
});

test('a lost grant for a body is repeated with the heartbeat', async () => {
  const client = await bus.join();
  const options = { servers: server.url, name: 'loses-a-grant', clock, randomBytes };
  const connection = await dial(options);
  const publish = connection.publish.bind(connection);
  let grants = 0;
  const subject = newSubject();
  const serving = transportOver(connection, options);
  await serve(serving, client, subject, (stream) => stream.end(EMPTY_BYTES));
  connection.publish = (...message) => {
    grants += 1;
    // The first message accepts and grants; the later ones only grant.
    if (grants < 2 || grants > 3) publish(...message);
  };
  const answer = open(client, subject, { body: new Uint8Array(4_000_000) });
  await answer.over;
  expect(answer.order).toEqual(['end']);
  expect(grants).toBeGreaterThan(3);
  await serving.drain(0);
});
