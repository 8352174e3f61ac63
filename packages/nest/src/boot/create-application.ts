import type { RequestListener } from 'node:http';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Service } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import { METRIC_NAMES, OVERHEAD_BUCKETS, redactText } from '@tollgate/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { pathOf } from '../http/answer-health.js';
import { clientAddress, comesEncrypted } from '../http/client-of.js';
import type { FrontServer } from '../http/front-server.js';
import { readJsonBody } from '../http/read-json-body.js';
import { IoModule, type ServiceIo } from '../io.module.js';
import { AnswerSeal } from '../management/answer-seal.js';
import type { ManagementCaller, RefusedKey, RequestWithCaller } from '../management/caller.js';
import { DenialLog } from '../management/denial-log.js';
import { EtagInterceptor } from '../management/etag.js';
import { IdempotencyInterceptor, type Queries } from '../management/idempotency.js';
import { ManagementGuard } from '../management/management-guard.js';
import { methodsOfPath } from '../management/methods-of-path.js';
import { ProblemFilter, publicError, sendProblem } from '../management/problem-filter.js';
import { TollgateTransportStrategy } from '../messages/transport-strategy.js';
import type { AnyServiceDefinition } from '../service-definition.js';
import { assertRoutesDeclared } from './assert-routes.js';
import { nestLogger } from './nest-logger.js';
import type { Configuration } from './read-configuration.js';

const BODY_BYTES_MAX = 1_048_576;

@Module({})
class ProcessModule {}

export interface ApplicationNeeds {
  readonly definitions: readonly AnyServiceDefinition[];
  readonly configuration: Configuration;
  readonly io: ServiceIo;
  readonly front: FrontServer;
  newRequestId(): string;
}

/** The Nest application of all services of this process: management API behind the guard, control messages on the transport. */
export async function createApplication(needs: ApplicationNeeds): Promise<INestApplication> {
  const { definitions, configuration, io, front } = needs;
  const adapter = new FastifyAdapter({
    serverFactory: (handler: RequestListener) => {
      front.setManagement(handler);
      return front.server;
    },
    // The front server has its own.
    clientErrorHandler: () => undefined,
    bodyLimit: BODY_BYTES_MAX,
    genReqId: () => needs.newRequestId(),
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    return503OnClosing: false,
    // A path that cannot be decoded never reaches a route, nor the filter; Fastify's own words would echo it.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(reply, publicError(error), request.id),
  });
  const modules = definitions.map((definition) =>
    definition.module((configuration.services.get(definition.name) ?? {}) as Record<string, never>),
  );
  const denials = new DenialLog(io);
  const root = {
    module: ProcessModule,
    imports: [IoModule.forRoot(io), ...modules],
    // For its end: what it has noted is written before the bus closes.
    providers: [{ provide: DenialLog, useValue: denials }],
  };
  const application = await NestFactory.create(root, adapter, {
    logger: nestLogger(io.logger),
    abortOnError: false,
    bodyParser: false,
    forceCloseConnections: false,
  });
  application.useGlobalFilters(new ProblemFilter(io.logger));
  if (configuration.peppers !== null) {
    const { transport, clock, logger } = io;
    application.useGlobalGuards(
      new ManagementGuard({
        transport,
        clock,
        logger,
        peppers: configuration.peppers,
        brand: configuration.brand,
        publicUrl: io.publicUrl,
      }),
    );
  }
  if (configuration.peppers !== null) {
    application.useGlobalInterceptors(
      new EtagInterceptor(),
      new IdempotencyInterceptor({
        clock: io.clock,
        seal: new AnswerSeal(configuration.peppers, io.randomBytes),
        stores: idempotencyStores(io),
      }),
    );
  }
  const routes = assertRoutesDeclared(application);
  if (configuration.peppers === null && routes.length > 0) throw new Error('management routes in a process that has no guard');
  prepareFastify(adapter.getInstance(), io, methodsOfPath(routes));
  noteDenials(adapter.getInstance(), denials);
  await application.init();
  application.connectMicroservice({ strategy: new TollgateTransportStrategy(io.transport, io.logger) });
  await application.startAllMicroservices();
  await adapter.getInstance().ready();
  return application;
}

/** Analytics changes nothing on request. */
const IDEMPOTENT: readonly Service[] = ['auth', 'catalog'];
const idempotencyStores = ({ dataSources }: ServiceIo): ReadonlyMap<Service, Queries> =>
  new Map(
    [...dataSources].flatMap(([service, dataSource]) =>
      IDEMPOTENT.includes(service) ? [[service, dataSource as Queries] as const] : [],
    ),
  );

function prepareFastify(fastify: FastifyInstance, io: ServiceIo, methodsOf: (path: string) => readonly string[]): void {
  fastify.removeContentTypeParser(['text/plain', 'application/json']);
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => readJsonBody(request.headers, body, parserOf(parseJson, request)),
  );
  const requests = io.metrics.counter(METRIC_NAMES.managementRequests, 'Management requests', ['method', 'route', 'status']);
  const duration = io.metrics.histogram(
    METRIC_NAMES.managementDuration,
    'Time of a management request, seconds',
    ['method', 'route'],
    OVERHEAD_BUCKETS,
  );
  fastify.addHook('onRequest', (request, reply, done) => {
    setRequestIds(request, reply);
    // Fastify's own are those of the peer, which may be a proxy.
    Object.defineProperties(request, {
      ip: { value: clientAddress(request.raw) },
      protocol: { value: comesEncrypted(request.raw) ? 'https' : 'http' },
    });
    const allowed = request.is404 ? methodsOf(pathOf(request.url)) : [];
    if (allowed.length > 0) reply.header('allow', allowed.join(', '));
    done(allowed.length > 0 ? new TollgateError('method_not_allowed', `This path has ${allowed.join(', ')}.`) : undefined);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const labels = { method: request.method, route: request.routeOptions.url ?? 'none' };
    requests.add({ ...labels, status: String(reply.statusCode) });
    duration.observe(labels, reply.elapsedTime / 1_000);
    done();
  });
}

/** After the answer has gone: what is known of a key costs the caller no time that could be measured. */
function noteDenials(fastify: FastifyInstance, denials: DenialLog): void {
  fastify.addHook('onResponse', (request: FastifyRequest & RequestWithCaller, reply, done) => {
    const { caller, refusedKey, permission } = request;
    const denied = reply.statusCode === 403 && caller !== undefined ? deniedTo(caller) : null;
    const refused = [401, 403].includes(reply.statusCode) && refusedKey !== undefined ? refusalOf(refusedKey) : null;
    const known = denied ?? refused;
    if (known !== null && permission !== undefined) {
      denials.note({
        ...known,
        permission,
        operation: `${request.method} ${request.routeOptions.url ?? ''}`,
        requestId: request.id,
        ip: request.ip,
        userAgent: request.headers['user-agent']?.slice(0, 256) ?? null,
      });
    }
    done();
  });
}

const deniedTo = ({ organisationId, actor }: ManagementCaller) => ({
  organisationId,
  actorType: actor.type,
  tokenId: actor.id,
  publicId: actor.publicId,
  secretId: actor.secretId,
  reason: 'permission_denied',
});
const refusalOf = (key: RefusedKey) => ({ ...key, actorType: 'token' as const, secretId: key.secretId ?? null });

/** Fastify's own parser answers by callback, at once. */
function parserOf(parseJson: ReturnType<FastifyInstance['getDefaultJsonParser']>, request: FastifyRequest) {
  return (text: string): unknown => {
    let failure: Error | null = null;
    let result: unknown;
    parseJson(request, text, (error, value) => {
      failure = error;
      result = value;
    });
    if (failure !== null) throw failure;
    return result;
  };
}

/** A caller's own id is echoed; ours is always there beside it. */
function setRequestIds(request: FastifyRequest, reply: FastifyReply): void {
  const given = request.headers['x-request-id'];
  const echoed = typeof given === 'string' && /^[\x20-\x7e]{1,128}$/.test(given) ? redactText(given) : request.id;
  reply.header('x-request-id', echoed).header('x-tollgate-request-id', request.id).header('cache-control', 'no-store');
}
