import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  EMPTY_POLICY,
  type FeedEvent,
  NO_USAGE,
  type QuotaLeaseRequest,
  type RoutingSnapshot,
  SUBJECTS,
  type TokenPolicy,
  type TokenSnapshot,
  type UpstreamCall,
  type UpstreamEnd,
  type UpstreamFailure,
  type UpstreamHead,
  type UsageRecord,
  UsageRecordSchema,
} from '@tollgate/contracts';
import { type Clock, decodeJson, decodeUtf8, encodeJson, encodeUtf8 } from '@tollgate/kernel';
import { createReadiness } from '@tollgate/nest';
import { digestToken, generateToken, readPeppers } from '@tollgate/policy';
import { createLogger, createMetrics, createTracer, type FinishedSpan } from '@tollgate/telemetry';
import { createInProcessTransport, type ServerStream, type StreamFailure, type Transport } from '@tollgate/transport';
import { ROUTER_ENVIRONMENT, type RouterConfig } from '../config.js';
import { Router } from '../router.js';
import { FaultyTransport } from './faulty-transport.js';

const peppers = readPeppers(randomBytes(32).toString('hex'));
if (!peppers.ok) throw new Error('no pepper');

export const wallClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

export const answerBody = (content = 'hello'): string =>
  JSON.stringify({ id: 'x', object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content } }] });
export const event = (content: string): string => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
export const chat = (fields: object = {}): string =>
  JSON.stringify({ model: 'gpt-test', messages: [{ role: 'user', content: 'hi' }], ...fields });

/** Neighbours of the router, written against the contracts alone: auth, catalog, adapters and analytics. */
export class RouterHarness {
  readonly transport: Transport;
  readonly folder = mkdtempSync(join(tmpdir(), 'tollgate-router-'));
  readonly records: UsageRecord[] = [];
  /** All lines, debug included. */
  logs = '';
  readonly spans: FinishedSpan[] = [];
  readonly tokens = new Map<string, TokenSnapshot>();
  /** What the test's adapter was asked, in order. */
  readonly calls: { readonly call: UpstreamCall; readonly stream: ServerStream; readonly headers: ServerStream['headers'] }[] =
    [];
  readonly cancels: string[] = [];
  resolves = 0;
  authMode: 'up' | 'stale' | 'silent' = 'up';
  analyticsUp = true;
  quotaLeft = Number.POSITIVE_INFINITY;
  quotaUp = true;
  /** Answers about limits in place of the harness. */
  quotaAuthority: ((request: QuotaLeaseRequest) => unknown) | null = null;
  sequence = 0;
  /** What an adapter that is tried with this router is given. */
  upstreams: unknown = {};
  adapt: (stream: ServerStream, call: UpstreamCall) => void = (stream) => answerWhole(stream);
  /** How often the routing snapshot has been fetched, and what is sent in its place; a promise is waited for. */
  snapshots = 0;
  snapshot: () => unknown = () => this.routing();
  private readonly bus: FaultyTransport;
  router!: Router;
  port = 0;
  private server!: Server;
  private heartbeat: NodeJS.Timeout | null = null;
  private adapter: { drain(): Promise<void> } | null = null;

  constructor(readonly clock: Clock = wallClock) {
    this.transport = createInProcessTransport({ clock });
    this.bus = new FaultyTransport(this.transport);
  }

  async start(overrides: Partial<RouterConfig> = {}): Promise<this> {
    this.respond();
    this.startAdapter();
    const config: RouterConfig = {
      peppers: (peppers as Extract<typeof peppers, { ok: true }>).value,
      brand: 'tg',
      authUrl: null,
      spoolDirectory: join(this.folder, 'spool'),
      spoolBytesMax: ROUTER_ENVIRONMENT.spoolBytesMax.fallback as number,
      spoolSync: false,
      tokensMax: 1_000,
      outageGraceMs: 900_000,
      bodyBytesMax: 32 * 1024 * 1024,
      bodyMs: 20_000,
      callsMax: 1_000,
      pingMs: 15_000,
      ...overrides,
    };
    this.router = new Router(
      {
        transport: this.bus,
        clock: this.clock,
        randomBytes,
        logger: createLogger({ service: 'router', level: 'debug', destination: { write: (line) => this.noteLog(line) } }),
        metrics: createMetrics(),
        tracer: {
          ...(await createTracer({ serviceName: 'router', exporterUrl: null, sampleRatio: 0, randomBytes })),
          wants: () => true,
          record: (span) => this.spans.push(span),
        },
        readiness: createReadiness(),
      },
      config,
    );
    this.server = createServer({ noDelay: true, maxHeaderSize: 65_536 }, (request, response) => {
      if (!this.router.handler(request, response)) response.writeHead(404).end('not ours');
    });
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
    this.beat();
    this.heartbeat = setInterval(() => this.beat(), 500);
    return this;
  }

  /** The router loses all calls that are with an adapter, as on a bus between processes; the adapters are told as there. */
  loseStreams(code: StreamFailure['code']): void {
    this.bus.lose(SUBJECTS.upstreamCall, code);
  }
  changeCatalog(change: unknown): void {
    this.transport.publish(SUBJECTS.catalogChanged, encodeJson(change));
  }

  private noteLog(line: string): void {
    this.logs += line;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  beat(events: FeedEvent[] = []): void {
    this.transport.publish(SUBJECTS.feed, encodeJson({ v: 1, sequence: this.sequence, events }));
  }
  stopBeating(): void {
    if (this.heartbeat !== null) clearInterval(this.heartbeat);
    this.heartbeat = null;
  }
  change(publicId: string, kind: FeedEvent['kind'], more: Partial<FeedEvent> = {}): void {
    this.sequence += 1;
    this.beat([{ sequence: this.sequence, publicId, kind, ...more }]);
  }

  async stop(): Promise<void> {
    this.stopBeating();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    this.analyticsUp = true;
    await this.router.close();
    await this.transport.drain(0);
    rmSync(this.folder, { recursive: true, force: true });
  }

  addToken(policy: Partial<TokenPolicy> = {}, fields: Partial<TokenSnapshot> = {}): { text: string; publicId: string } {
    const made = generateToken({ type: 'k', environment: 'live', randomBytes });
    const [pepper] = (peppers as Extract<typeof peppers, { ok: true }>).value;
    const digest = digestToken(pepper.key, made.text).toString('base64url');
    this.tokens.set(made.publicId, {
      id: `tok_${made.publicId}`,
      publicId: made.publicId,
      type: 'k',
      name: 'test',
      organisationId: 'org_1',
      teamId: null,
      status: 'active',
      expiresAt: null,
      secrets: [{ id: 'sec_1', digest, pepperVersion: 1, state: 'active', expiresAt: null }],
      policy: {
        ...EMPTY_POLICY,
        scopes: ['llm:chat'],
        models: { allow: ['*'], deny: [] },
        ...policy,
      },
      revision: 1,
      ...fields,
    });
    return made;
  }

  post(token: string | null, body: string | Uint8Array | ReadableStream = chat(), init: RequestInit = {}): Promise<Response> {
    const headers: Record<string, string> = { 'content-type': 'application/json', ...(init.headers as Record<string, string>) };
    if (token !== null) headers['authorization'] = `Bearer ${token}`;
    return fetch(`${this.url}/v1/chat/completions`, { method: 'POST', body: body as never, ...init, headers });
  }

  /** A JSON body at any path. */
  send(token: string, path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const common = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    return fetch(`${this.url}${path}`, { method: 'POST', body: JSON.stringify(body), headers: { ...common, ...headers } });
  }

  startAdapter(): void {
    this.adapter = this.transport.serveStream(SUBJECTS.upstreamCall, 'provider-adapters', (stream) => {
      const call = decodeJson(stream.meta) as UpstreamCall;
      this.calls.push({ call, stream, headers: stream.headers });
      stream.onCancel = (reason) => this.cancels.push(reason);
      this.adapt(stream, call);
    });
  }
  async stopAdapter(): Promise<void> {
    await this.adapter?.drain();
  }

  private respond(): void {
    const { transport } = this;
    transport.respond(SUBJECTS.tokenResolve, 'auth', async (message) => {
      this.resolves += 1;
      if (this.authMode === 'silent') await new Promise(() => undefined);
      if (this.authMode === 'stale') return encodeJson({ status: 'stale' });
      const { publicId } = decodeJson(message.body) as { publicId: string };
      const token = this.tokens.get(publicId);
      return encodeJson(
        token === undefined
          ? { status: 'unknown', sequence: this.sequence }
          : { status: 'found', token, sequence: this.sequence },
      );
    });
    transport.respond(SUBJECTS.feedRead, 'auth', async () => encodeJson({ status: 'truncated', sequence: this.sequence }));
    transport.respond(SUBJECTS.quotaLease, 'auth', async (message) => {
      if (!this.quotaUp) return encodeJson({ status: 'stale' });
      const request = decodeJson(message.body) as QuotaLeaseRequest;
      if (this.quotaAuthority !== null) return encodeJson(this.quotaAuthority(request));
      return encodeJson({ status: 'ok', leases: request.leases.map((lease) => this.lease(lease)) });
    });
    transport.serveStream(SUBJECTS.catalogSnapshot, 'catalog', (stream) => {
      stream.sendHead(encodeJson({}));
      const { view } = decodeJson(stream.meta) as { view: string };
      if (view === 'routing') this.snapshots += 1;
      const answer = (whole: unknown): void => {
        stream.send(encodeJson(whole));
        stream.end(encodeJson({}));
      };
      const whole = view === 'routing' ? this.snapshot() : this.upstreams;
      if (whole instanceof Promise) void whole.then(answer);
      else answer(whole);
    });
    transport.respond(SUBJECTS.usageSettled, 'analytics', async (message) => {
      if (!this.analyticsUp) throw new Error('Postgres is away');
      const lines = decodeUtf8(message.body).trim().split('\n');
      for (const line of lines) this.records.push(UsageRecordSchema.parse(JSON.parse(line)));
      return encodeJson({ committed: lines.length, rejected: [] });
    });
  }

  private lease(ask: QuotaLeaseRequest['leases'][number]): object {
    const granted = Math.min(ask.want, this.quotaLeft);
    this.quotaLeft -= granted;
    const remaining = Number.isFinite(this.quotaLeft) ? this.quotaLeft : 1_000;
    return {
      bucket: ask.bucket,
      lease: granted > 0 ? `lease_${Math.random()}` : null,
      granted,
      ttlMs: 5_000,
      remaining,
      // A question that wants nothing is refused nothing.
      retryAfterMs: granted > 0 || this.quotaLeft >= 1 ? 0 : 700,
      resetMs: 60_000,
    };
  }

  routing(): RoutingSnapshot {
    const deployment = (id: string): RoutingSnapshot['deployments'][number] => ({
      id,
      provider: `provider-${id}`,
      upstreamModel: `model-${id}`,
      serves: [{ endpoint: 'chat.completions', dialect: 'openai-chat' }],
      contextTokens: null,
      maxOutputTokens: null,
      price: {
        source: 'test',
        currency: 'USD',
        input: '1',
        output: '2',
        cacheRead: null,
        cacheWrite: null,
        inputAudio: null,
        outputAudio: null,
        tiers: [],
        perRequest: null,
      },
    });
    const route = (model: string, ids: string[], maxAttempts: number): RoutingSnapshot['routes'][number] => ({
      id: `route_${model}`,
      model,
      organisationId: null,
      targets: ids.map((deploymentId, priority) => ({ deploymentId, priority, weight: 1 })),
      maxAttempts,
      timeouts: { connectMs: 1_000, firstByteMs: 5_000, idleMs: 5_000, totalMs: 20_000 },
      created: 1_700_000_000,
      listed: true,
    });
    return {
      v: 1,
      view: 'routing',
      epoch: 'e',
      revision: 1,
      deployments: [deployment('a'), deployment('b'), deployment('long'), { ...deployment('star'), upstreamModel: '*' }],
      routes: [
        route('provider-star/*', ['star'], 1),
        route('gpt-test', ['a'], 1),
        route('fallback', ['a', 'b'], 2),
        route('retry', ['a'], 3),
        { ...route('short', ['a', 'b'], 2), fallbacks: [{ on: ['context_window', 'rate_limit'], model: 'long' }] },
        route('long', ['long'], 1),
      ],
    };
  }
}

export const head = (contentType = 'application/json'): Uint8Array =>
  encodeJson({ status: 200, contentType, upstreamRequestId: 'up_1', firstByteMs: 1.5 } satisfies UpstreamHead);
export const end = (usage: Partial<UpstreamEnd['usage']> = { input: 10, output: 5 }): Uint8Array =>
  encodeJson({ usage: { ...NO_USAGE, ...usage }, basis: 'reported', durationMs: 2 } satisfies UpstreamEnd);
export const failure = (code: string, fields: Partial<UpstreamFailure> = {}): Uint8Array =>
  encodeJson({
    code,
    message: 'The provider failed.',
    internalMessage: null,
    status: null,
    retryAfterMs: null,
    upstreamRequestId: null,
    body: null,
    usage: NO_USAGE,
    basis: 'none',
    firstByteMs: null,
    durationMs: 1,
    ...fields,
  } satisfies UpstreamFailure);

export function answerWhole(stream: ServerStream, body = answerBody()): void {
  stream.sendHead(head());
  stream.send(encodeUtf8(body));
  stream.end(end());
}
export function answerStream(stream: ServerStream, words: readonly string[]): void {
  stream.sendHead(head('text/event-stream'));
  for (const word of words) stream.send(encodeUtf8(event(word)));
  stream.send(encodeUtf8('data: [DONE]\n\n'));
  stream.end(end());
}
