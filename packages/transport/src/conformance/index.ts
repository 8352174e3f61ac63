export type { Bus, OtherProcess, TransportCase, TransportFixture } from './fixture.js';
export { BUS_CASE_NAMES, runTransportSuite, type TransportSuiteOptions } from './run-transport-suite.js';
