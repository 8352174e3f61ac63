export type { ReceivedSpan, ReceivedValue } from './otlp/read-spans.js';
export { type OtlpReceiver, startOtlpReceiver } from './otlp/receiver.js';
export { type RawAnswer, type RawRequest, sendRaw } from './raw-http.js';
export { SIMULATED_MODELS } from './simulated-openai/behaviour.js';
export type { Ledger, LedgerEntry, LedgerState } from './simulated-openai/ledger.js';
export { type SimulatedOpenAiProcess, startSimulatedOpenAiProcess } from './simulated-openai/process.js';
export { type SimulatedOpenAi, startSimulatedOpenAi } from './simulated-openai/server.js';
export { createTestClock, type TestClock } from './test-clock.js';
export { type WaitOptions, waitFor } from './wait-for.js';
