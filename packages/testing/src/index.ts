export {
  type CertificateAuthority,
  type CertificateSettings,
  makeAuthority,
  makeCertificate,
  type TestCertificate,
} from './certificates/make-certificate.js';
export { createTestDatabase, type TestDatabase, type TestSchema } from './database/create-test-database.js';
export { offerSharedPostgres, sharedPostgresUrl } from './database/shared-postgres.js';
export { startTestPostgres, type TestPostgres } from './database/test-postgres.js';
export { type NatsServer, type NatsServerOptions, startNatsServer } from './nats-server.js';
export type { ReceivedSpan, ReceivedValue } from './otlp/read-spans.js';
export { type OtlpReceiver, startOtlpReceiver } from './otlp/receiver.js';
export { type RawAnswer, type RawRequest, sendRaw } from './raw-http.js';
export { SIMULATED_MODELS } from './simulated-openai/behaviour.js';
export type { Ledger, LedgerEntry, LedgerState } from './simulated-openai/ledger.js';
export { type SimulatedOpenAiProcess, startSimulatedOpenAiProcess } from './simulated-openai/process.js';
export { type SimulatedOpenAi, startSimulatedOpenAi } from './simulated-openai/server.js';
export type { ProviderEntry } from './simulated-providers/engine/entry.js';
export { SIMULATED_KEYS, type SimulatedKeys } from './simulated-providers/engine/vendor.js';
export { type SimulatedProvidersProcess, startSimulatedProvidersProcess } from './simulated-providers/process.js';
export {
  type SimulatedProviders,
  type SimulatedProvidersSettings,
  startSimulatedProviders,
} from './simulated-providers/server.js';
export { type ManagedProcess, manageProcess, type ProcessSettings } from './stack/managed-process.js';
export {
  ARRANGEMENTS,
  type Arrangement,
  type Backing,
  type ServiceProcess,
  type Stack,
  type StackSettings,
} from './stack/stack.js';
export { startStack } from './stack/start-stack.js';
export { createTestClock, type TestClock } from './test-clock.js';
export { type WaitOptions, waitFor } from './wait-for.js';
