import './boot/only-postgres.js';

export { assertRoutesDeclared, type RouteFact } from './boot/assert-routes.js';
export { awaitDatabase, type DatabaseWait } from './boot/await-database.js';
export { BootError } from './boot/boot-error.js';
export type { BootOverrides, ServicesHandle } from './boot/boot-overrides.js';
export { bootServices, migrateServices } from './boot/boot-services.js';
export { COMMON_ENVIRONMENT, type CommonEnvironment } from './boot/common-environment.js';
export { describeBootFailure, listenFailure } from './boot/describe-boot-failure.js';
export { type FrontNeeds, openFront } from './boot/open-front.js';
export { closeOnSignals, exitWithFailure, reportToSupervisor, type UpMessage } from './boot/own-process.js';
export { readSecrecy } from './boot/read-secrecy.js';
export { systemClock } from './boot/system-clock.js';
export { CallerMarks } from './caller-marks.js';
export { createReadiness } from './create-readiness.js';
export { pathOf } from './http/answer-health.js';
export { clientAddress, comesEncrypted } from './http/client-of.js';
export { FrontServer, type FrontServerSettings, HEADER_BYTES_MAX } from './http/front-server.js';
export { type Refusal, refusalOf } from './http/refusal.js';
export { IoModule, type ServiceIo } from './io.module.js';
export { assertSameOrigin } from './management/assert-same-origin.js';
export {
  Caller,
  type KeyHolding,
  type ManagementCaller,
  type Principal,
  type RequestWithCaller,
} from './management/caller.js';
export { permissionsFor } from './management/decide-reach.js';
export { etagMatches, etagOf } from './management/etag.js';
export type { IdempotentRequest, Queries, RequestWithIdempotency } from './management/idempotency.js';
export { type InvalidField, InvalidFieldsError } from './management/invalid-fields.js';
export { isLoopbackHost, isSecure } from './management/is-secure.js';
export { ManagementGuard, type ManagementGuardSettings } from './management/management-guard.js';
export { OpenToAll, type OperationRule, Permission } from './management/permission.js';
export { ProblemFilter, problemOf } from './management/problem-filter.js';
export { ZodBody, ZodParam, ZodPipe, ZodQuery } from './management/zod-pipe.js';
export { MessageContext, RAW_BODY } from './messages/message-context.js';
export { TollgateTransportStrategy } from './messages/transport-strategy.js';
export type { Readiness, ReadinessCheck, ReadinessOptions, ReadinessReport } from './readiness.js';
export {
  type AnyServiceDefinition,
  type DataPlaneHandler,
  dataSourceToken,
  type ServiceDatabase,
  type ServiceDefinition,
} from './service-definition.js';
export { type RefusedSighting, Sightings, type SightingsParts } from './sightings.js';
export { TokenUses, type TokenUsesParts } from './token-uses.js';
export { CLOCK, LOGGER, METRICS, PUBLIC_URL, RANDOM_BYTES, READINESS, TRACER, TRANSPORT } from './tokens.js';
