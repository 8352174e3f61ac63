import { startNatsServer } from '../testing/start-nats-server.js';
import { NatsBus } from './nats-fixture.js';
import { runTransportSuite } from './run-transport-suite.js';

runTransportSuite(
  'NATS',
  async () => {
    const bus = new NatsBus(await startNatsServer());
    const [client, server] = [await bus.join(), await bus.join()];
    return { client, server, join: () => bus.join(), bus, close: () => bus.close() };
  },
  { exceptions: {} },
);
