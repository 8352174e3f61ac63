export type { Readiness, ReadinessReport } from './readiness.js';
export { type DataPlaneHandler, dataSourceToken, type ServiceDatabase, type ServiceDefinition } from './service-definition.js';
export { CLOCK, LOGGER, METRICS, RANDOM_BYTES, READINESS, TRACER, TRANSPORT } from './tokens.js';
