import { expect, test } from 'vitest';
import { createInProcessTransport } from '../in-process/create-in-process-transport.js';
import { clock } from './nats-fixture.js';
import { open, serve, text } from './recording.js';
import { BUS_CASE_NAMES, runTransportSuite } from './run-transport-suite.js';

const noBus = 'there is one process and no bus that could lose anything';
const onePlace = 'there is no second process that could leave';

runTransportSuite(
  'in-process',
  async () => {
    const transport = createInProcessTransport({ clock });
    return { client: transport, server: transport, join: async () => transport, bus: null, close: () => transport.drain(0) };
  },
  {
    exceptions: {
      ...Object.fromEntries(BUS_CASE_NAMES.map((name) => [name, noBus])),
      'a transport that drains finishes its streams and takes no new ones': onePlace,
      'a drain that runs out of time closes what is open': onePlace,
    },
  },
);

test('bytes are handed over by reference', async () => {
  const transport = createInProcessTransport({ clock });
  const chunk = text('the very same');
  const body = text('body');
  let served: Uint8Array | null = null;
  await serve(transport, transport, 'conformance.v1.reference', (stream) => {
    served = stream.body;
    stream.send(chunk);
    stream.end(chunk);
  });
  const answer = open(transport, 'conformance.v1.reference', { body });
  await answer.over;
  expect(answer.chunks[0]).toBe(chunk);
  expect(served).toBe(body);
});

test('a drain finishes the open stream, refuses new ones and closes what is left after the grace', async () => {
  const transport = createInProcessTransport({ clock });
  let reason = '';
  await serve(transport, transport, 'conformance.v1.drain', (stream) => {
    stream.onCancel = (why) => {
      reason = why;
    };
  });
  const left = open(transport, 'conformance.v1.drain');
  const drained = transport.drain(30);
  const late = open(transport, 'conformance.v1.drain');
  await Promise.all([late.over, left.over, drained]);
  expect([late.failure?.code, left.failure?.code, reason]).toEqual(['no_responders', 'closed', 'closed']);
});
