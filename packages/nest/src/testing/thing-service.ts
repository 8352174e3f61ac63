import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { Controller, Get, Inject, Module, Post } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { EMPTY_POLICY, SUBJECTS, type TokenSnapshot } from '@tollgate/contracts';
import { encodeJson, encodeUtf8, TollgateError } from '@tollgate/kernel';
import { digestToken, generateToken, type PepperSet, readPeppers } from '@tollgate/policy';
import { createLogger } from '@tollgate/telemetry';
import { createInProcessTransport, type Transport } from '@tollgate/transport';
import { afterEach, beforeEach } from 'vitest';
import { z } from 'zod';
import {
  bootServices,
  Caller,
  type ManagementCaller,
  type MessageContext,
  OpenToAll,
  Permission,
  RAW_BODY,
  type ServiceDefinition,
  type ServicesHandle,
  systemClock,
  TRANSPORT,
  ZodBody,
  ZodQuery,
} from '../index.js';

export const PEPPER = 'ab'.repeat(32);
const peppers = (readPeppers(PEPPER) as { value: PepperSet }).value;
export const logLines: string[] = [];
export const logger = createLogger({
  service: 'test',
  level: 'debug',
  destination: { write: (line) => void logLines.push(line) },
});

const CreateSchema = z.object({ name: z.string().min(1), tags: z.array(z.object({ key: z.string() })).default([]) });

@Controller('/api/v1/things')
class ThingController {
  @Get()
  @Permission('admin:things:read')
  list(@ZodQuery(z.object({ limit: z.coerce.number().int().max(10).default(5) })) query: { limit: number }) {
    return query;
  }
  @Post()
  @Permission('admin:things:write')
  create(@ZodBody(CreateSchema) body: z.infer<typeof CreateSchema>, @Caller() caller: ManagementCaller) {
    return { body, caller };
  }
  @Get('/broken')
  @Permission('admin:things:read')
  broken(): never {
    throw new Error('the secret is hunter2');
  }
  @Get('/gone')
  @Permission('admin:things:read')
  gone(): never {
    throw new TollgateError('not_found', 'There is no such thing.');
  }
  @Get('/one/:id')
  @Permission('admin:things:read')
  one() {
    return { one: true };
  }
  @Post('/end')
  @Permission('admin:things:write')
  end() {
    return { ended: true };
  }
  @Get('/open')
  @OpenToAll('test')
  open() {
    return { open: true };
  }
}

export const heard: unknown[] = [];
@Controller()
class ThingMessages {
  constructor(@Inject(TRANSPORT) readonly transport: Transport) {}
  @MessagePattern(SUBJECTS.feedRead)
  json(@Payload() payload: unknown, @Ctx() context: MessageContext) {
    return { payload, subject: context.subject };
  }
  @MessagePattern(SUBJECTS.usageSettled, RAW_BODY)
  raw(@Payload() payload: Uint8Array) {
    return encodeUtf8(`${payload.length}`);
  }
  @MessagePattern(SUBJECTS.quotaLease)
  fails(): never {
    throw new Error('internal detail');
  }
  @EventPattern(SUBJECTS.catalogChanged)
  event(@Payload() payload: unknown): void {
    heard.push(payload);
  }
}

@Module({ controllers: [ThingController, ThingMessages] })
class ThingModule {}

export const definition = (overrides: Partial<ServiceDefinition> = {}): ServiceDefinition => ({
  name: 'auth',
  environment: {},
  database: null,
  module: () => ({ module: ThingModule }),
  ...overrides,
});

const handles: ServicesHandle[] = [];
/** What auth would answer; made anew for each test. */
export const auth: { transport: Transport; snapshot: TokenSnapshot | null; status: 'found' | 'stale' } = {
  transport: createInProcessTransport({ clock: systemClock }),
  snapshot: null,
  status: 'found',
};
export const live = generateToken({ type: 'a', environment: 'live', randomBytes });

beforeEach(() => {
  auth.transport = createInProcessTransport({ clock: systemClock });
  auth.status = 'found';
  auth.snapshot = {
    id: 'tok_1',
    publicId: live.publicId,
    type: 'a',
    name: 'test',
    organisationId: 'org_1',
    teamId: null,
    status: 'active',
    expiresAt: null,
    secrets: [
      {
        id: 'sec_1',
        digest: digestToken(peppers[0].key, live.text).toString('base64url'),
        pepperVersion: 1,
        state: 'active',
        expiresAt: null,
      },
    ],
    policy: {
      ...EMPTY_POLICY,
      scopes: ['admin:things:*'],
    },
    revision: 1,
  };
  auth.transport.respond(SUBJECTS.tokenResolve, 'auth', async () => {
    if (auth.status === 'stale') return encodeJson({ status: 'stale' });
    return encodeJson(
      auth.snapshot === null ? { status: 'unknown', sequence: 1 } : { status: 'found', token: auth.snapshot, sequence: 1 },
    );
  });
});
afterEach(async () => {
  for (const handle of handles.splice(0)) await handle.close();
});

export async function boot(
  overrides: Partial<ServiceDefinition> = {},
  variables: Record<string, string> = {},
): Promise<ServicesHandle> {
  const handle = await bootServices([definition(overrides)], {
    variables: { PORT: '0', TOLLGATE_METRICS_PORT: '0', TOLLGATE_TOKEN_PEPPER: PEPPER, ...variables },
    transport: auth.transport,
    logger,
  });
  handles.push(handle);
  return handle;
}

export const bearer = { authorization: `Bearer ${live.text}` };
export const post = (url: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/api/v1/things`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...bearer, ...headers } });
