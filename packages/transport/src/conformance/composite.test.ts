import { expect, test } from 'vitest';
import { createCompositeTransport } from '../composite/create-composite-transport.js';
import { createInProcessTransport } from '../in-process/create-in-process-transport.js';
import { startNatsServer } from '../testing/start-nats-server.js';
import type { Transport } from '../transport.js';
import { clock, NatsBus } from './nats-fixture.js';
import { newSubject, open, respond, serve, text, until } from './recording.js';
import { BUS_CASE_NAMES, runTransportSuite } from './run-transport-suite.js';

const composite = async (bus: NatsBus, isLocal: (subject: string) => boolean): Promise<Transport> =>
  createCompositeTransport({ local: createInProcessTransport({ clock }), remote: await bus.join(false), isLocal });

// Both ends are composite and no subject is local to the client: everything crosses the bus.
runTransportSuite(
  'composite, over the bus',
  async () => {
    const bus = new NatsBus(await startNatsServer());
    const [client, server] = [await composite(bus, () => false), await composite(bus, () => true)];
    return { client, server, join: () => composite(bus, () => true), bus, close: () => bus.close() };
  },
  {
    exceptions: {
      [BUS_CASE_NAMES.at(-1) as string]: 'publishing goes on locally while the bus is away: see the cases below',
    },
  },
);

// One process: what it asks of itself never leaves it.
runTransportSuite(
  'composite, within the process',
  async () => {
    const bus = new NatsBus(await startNatsServer());
    const one = await composite(bus, () => true);
    return { client: one, server: one, join: async () => one, bus: null, close: () => bus.close() };
  },
  {
    exceptions: {
      ...Object.fromEntries(BUS_CASE_NAMES.map((name) => [name, 'within one process there is no bus to fail'])),
      'a transport that drains finishes its streams and takes no new ones': 'there is no second process that could leave',
      'a drain that runs out of time closes what is open': 'there is no second process that could leave',
    },
  },
);

test('with the bus away the local part goes on, and a subscriber hears what is published here once', async () => {
  const bus = new NatsBus(await startNatsServer());
  try {
    const one = await composite(bus, (subject) => subject.startsWith('conformance.'));
    const subject = newSubject();
    const heard: string[] = [];
    one.subscribe(subject, (message) => heard.push(new TextDecoder().decode(message.body)));
    await respond(one, one, `${subject}.ask`, async (body) => body);
    await serve(one, one, `${subject}.stream`, (stream) => stream.end(text('done')));
    const outside = await bus.join();
    await until('the bus brings news', () => {
      outside.publish(subject, text('outside'));
      return heard.includes('outside');
    });
    one.publish(subject, text('inside'));
    await until('news from here', () => heard.includes('inside'));
    await bus.kill();
    await until('the bus is away', () => !one.connected);
    one.publish(subject, text('alone'));
    const answer = open(one, `${subject}.stream`);
    await answer.over;
    expect(answer.order).toEqual(['end']);
    expect(new TextDecoder().decode(await one.request(`${subject}.ask`, text('x'), { timeoutMs: 1000 }))).toBe('x');
    await expect(one.request('elsewhere.v1.ask', text('x'), { timeoutMs: 1000 })).rejects.toMatchObject({ code: 'disconnected' });
    await until('the local news', () => heard.includes('alone'));
    expect(heard.filter((line) => line !== 'outside')).toEqual(['inside', 'alone']);
  } finally {
    await bus.close();
  }
});

test('a remote half that echoes is refused', async () => {
  const bus = new NatsBus(await startNatsServer());
  try {
    const remote = await bus.join(true);
    const local = createInProcessTransport({ clock });
    expect(() => createCompositeTransport({ local, remote, isLocal: () => true })).toThrow(RangeError);
  } finally {
    await bus.close();
  }
});
