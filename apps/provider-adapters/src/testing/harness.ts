import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  type AdapterHello,
  MESSAGE_HEADERS,
  SUBJECTS,
  type UpstreamCall,
  type UpstreamEnd,
  type UpstreamFailure,
  type UpstreamHead,
  type UpstreamsSnapshot,
  type UsageReport,
} from '@tollgate/contracts';
import { findDialect, type RequestHints } from '@tollgate/dialects';
import { type Clock, concatBytes, decodeJson, decodeUtf8, encodeJson, encodeUtf8 } from '@tollgate/kernel';
import { sealingKeyPair, sealSecret, UPSTREAM_NETWORKS_VARIABLE } from '@tollgate/policy';
import {
  createMetrics,
  type FinishedSpan,
  formatTraceparent,
  type Logger,
  parseTraceparent,
  type Tracer,
} from '@tollgate/telemetry';
import { type ClientStream, createInProcessTransport, type Transport } from '@tollgate/transport';
import { Adapter } from '../adapter.js';
import type { AdapterConfig } from '../config.js';

export const SECRET = 'sk-canary-0123456789abcdefghij';
const clock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** Waits for a condition, looking often; the test's own timeout ends it. */
export async function until<T>(condition: () => T | null | undefined | false): Promise<T> {
  for (;;) {
    const value = condition();
    if (value !== null && value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly bytes: Buffer;
}

type Handler = (response: ServerResponse, request: SeenRequest) => void;

/** An upstream of the test's own: says what it is told to, and remembers what it was asked and which sockets it had. */
export class TestUpstream {
  handler: Handler = (response) => response.end();
  readonly requests: SeenRequest[] = [];
  readonly sockets = new Set<Socket>();
  connections = 0;
  url = '';
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const seen = { path: request.url ?? '', headers: request.headers, body: bytes.toString(), bytes };
        this.requests.push(seen);
        this.handler(response, seen);
      });
    });
    this.server.on('connection', (socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export interface CallOptions {
  readonly deploymentId?: string;
  readonly revision?: number;
  readonly dialect?: UpstreamCall['dialect'];
  /** What the path says of the call. */
  readonly hints?: RequestHints;
  readonly modelOutputTokensMax?: number;
  readonly body?: string | Uint8Array;
  readonly maxOutputTokens?: number | null;
  readonly timeouts?: Partial<UpstreamCall['timeouts']>;
  readonly headers?: Record<string, string>;
  readonly deadlineMs?: number;
  readonly windowBytes?: number;
  /** false: the receiver takes bytes without granting more. */
  readonly reads?: boolean;
  readonly requestId?: string;
}

/** The router's side of one call, as it was seen. */
export class TestCall {
  head: UpstreamHead | null = null;
  end: UpstreamEnd | null = null;
  failure: UpstreamFailure | null = null;
  transportCode: string | null = null;
  readonly chunks: Uint8Array[] = [];
  length = 0;
  /** Order of the frames. */
  readonly order: string[] = [];
  stream!: ClientStream;

  get text(): string {
    return decodeUtf8(concatBytes(this.chunks));
  }

  get over(): boolean {
    return this.end !== null || this.transportCode !== null;
  }
}

export const chatBody = (fields: object = {}): string =>
  JSON.stringify({ model: 'sim/model', messages: [{ role: 'user', content: 'hello' }], ...fields });

export class Harness {
  readonly transport: Transport = createInProcessTransport({ clock });
  readonly upstream = new TestUpstream();
  readonly logs: unknown[] = [];
  readonly spans: FinishedSpan[] = [];
  readonly reports: UsageReport[] = [];
  readonly hellos: AdapterHello[] = [];
  readonly metrics = createMetrics();
  /** Answers to `usageReported` that fail before one succeeds. */
  reportFailures = 0;
  snapshotFetches = 0;
  snapshot!: UpstreamsSnapshot;
  adapter!: Adapter;
  readonly sealingKey = new Uint8Array(randomBytes(32));

  async start(config: Partial<AdapterConfig> = {}): Promise<this> {
    await this.upstream.listen();
    this.snapshot = this.makeSnapshot();
    this.serveCatalogue();
    this.transport.subscribe(SUBJECTS.adapterHello, (message) => this.hellos.push(decodeJson(message.body) as AdapterHello));
    this.transport.respond(SUBJECTS.usageReported, 'analytics', async (message) => {
      if (this.reportFailures > 0) {
        this.reportFailures -= 1;
        throw new Error('not now');
      }
      this.reports.push(decodeJson(message.body) as UsageReport);
      return encodeJson({ committed: 1, rejected: [] });
    });
    const settings: AdapterConfig = {
      sealingKey: this.sealingKey,
      callsMax: 100,
      connectionsMax: 64,
      keepAliveMs: 5_000,
      privateNetworks: UPSTREAM_NETWORKS_VARIABLE.fallback ?? [],
      tracesUpstream: false,
      providerVariables: { OPENAI_API_KEY: SECRET },
      ...config,
    };
    const hello = { v: 1 as const, instance: 'adp_test', sealingKey: sealingKeyPair(this.sealingKey), environmentProviders: [] };
    this.adapter = new Adapter(
      { transport: this.transport, logger: this.logger(), metrics: this.metrics, tracer: this.tracer(), clock },
      settings,
      hello,
    );
    await this.adapter.start();
    return this;
  }

  async stop(): Promise<void> {
    await this.adapter.stop();
    await this.transport.drain(100);
    await this.upstream.close();
  }

  call(options: CallOptions = {}): TestCall {
    const call = new TestCall();
    const body = typeof options.body === 'string' ? encodeUtf8(options.body) : (options.body ?? encodeUtf8(chatBody()));
    const dialect = options.dialect ?? 'openai-chat';
    const peek = findDialect(dialect)?.caller?.preparePeek({ messagesMax: 1_000 })(options.hints);
    if (peek === undefined) throw new Error(`callers cannot speak ${dialect}`);
    peek.push(body);
    const read = peek.finish();
    if (!read.ok) throw new Error(read.error.message);
    const meta: UpstreamCall = {
      v: 1,
      attempt: 1,
      deploymentId: options.deploymentId ?? 'dep_sealed',
      revision: options.revision ?? this.snapshot.revision,
      endpoint: 'chat.completions',
      dialect,
      ...(options.modelOutputTokensMax === undefined ? {} : { modelOutputTokensMax: options.modelOutputTokensMax }),
      ...(options.hints?.model === undefined ? {} : { model: options.hints.model }),
      stream: read.value.stream,
      spans: read.value.spans,
      maxOutputTokens: options.maxOutputTokens ?? null,
      usageAsked: read.value.usageAsked,
      timeouts: { connectMs: 2_000, firstByteMs: 5_000, idleMs: 5_000, ...options.timeouts },
      headers: options.headers ?? {},
    };
    call.stream = this.transport.openStream(
      SUBJECTS.upstreamCall,
      {
        headers: {
          [MESSAGE_HEADERS.requestId]: options.requestId ?? 'req_test',
          [MESSAGE_HEADERS.traceparent]: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        },
        meta: encodeJson(meta),
        body,
        deadlineMs: options.deadlineMs ?? 30_000,
        ...(options.windowBytes === undefined ? {} : { windowBytes: options.windowBytes }),
      },
      {
        onHead: (bytes) => {
          call.head = decodeJson(bytes) as UpstreamHead;
          call.order.push('head');
        },
        onData: (chunk) => {
          call.chunks.push(chunk);
          call.length += chunk.length;
          call.order.push('data');
          if (options.reads !== false) call.stream.consumed(chunk.length);
        },
        onEnd: (bytes) => {
          call.end = decodeJson(bytes) as UpstreamEnd;
          call.order.push('end');
        },
        onError: (error) => {
          call.transportCode = error.code;
          if (error.meta.length > 0) call.failure = decodeJson(error.meta) as UpstreamFailure;
          call.order.push('error');
        },
      },
    );
    return call;
  }

  /** The call, once it is over. */
  async finished(options: CallOptions = {}): Promise<TestCall> {
    const call = this.call(options);
    await until(() => call.over);
    return call;
  }

  /** Changes the catalogue and tells of it, as the catalogue does. */
  change(edit: (snapshot: UpstreamsSnapshot) => void): void {
    const next = structuredClone(this.snapshot);
    edit(next);
    next.revision += 1;
    const from = this.snapshot.revision;
    this.snapshot = next;
    this.transport.publish(
      SUBJECTS.catalogChanged,
      encodeJson({ v: 1, epoch: next.epoch, from, to: next.revision, routing: null }),
    );
  }

  private makeSnapshot(): UpstreamsSnapshot {
    const { id, publicKey } = sealingKeyPair(this.sealingKey);
    const provider = {
      id: 'prov_sim',
      name: 'sim',
      baseUrl: `${this.upstream.url}/v1`,
      auth: { type: 'bearer' as const },
      serves: [{ endpoint: 'chat.completions' as const, dialect: 'openai-chat' as const, path: '/chat/completions' }],
      headers: { 'x-fixed': 'yes' },
      quirks: [],
      allowPrivateNetwork: true,
    };
    const deployment = (name: string, providerId: string, credentialId: string, upstreamModel: string) => ({
      id: name,
      providerId,
      credentialId,
      upstreamModel,
    });
    const sealed = (name: string) => sealSecret(Buffer.from(publicKey, 'base64url'), SECRET, name);
    return {
      v: 1,
      view: 'upstreams',
      epoch: 'epoch-1',
      revision: 7,
      providers: [
        provider,
        { ...provider, id: 'prov_public', name: 'public', allowPrivateNetwork: false },
        { ...provider, id: 'prov_quirky', name: 'quirky', quirks: ['stream_usage_unasked'] },
        { ...provider, id: 'prov_demo', name: 'demo', baseUrl: 'demo:', auth: { type: 'none' as const } },
      ],
      deployments: [
        deployment('dep_sealed', 'prov_sim', 'cred_sealed', 'upstream-model'),
        deployment('dep_star', 'prov_sim', 'cred_env', '*'),
        deployment('dep_moved', 'prov_sim', 'cred_moved', 'm'),
        deployment('dep_unset', 'prov_sim', 'cred_unset', 'm'),
        deployment('dep_public', 'prov_public', 'cred_sealed', 'm'),
        deployment('dep_quirky', 'prov_quirky', 'cred_sealed', 'sim/model'),
        deployment('dep_demo', 'prov_demo', 'cred_none', '*'),
      ],
      credentials: [
        { id: 'cred_sealed', source: 'sealed', keyId: id, sealed: sealed('cred_sealed') },
        { id: 'cred_moved', source: 'sealed', keyId: id, sealed: sealed('cred_other') },
        { id: 'cred_env', source: 'environment', variable: 'OPENAI_API_KEY' },
        { id: 'cred_unset', source: 'environment', variable: 'TOLLGATE_SEALING_KEY' },
        { id: 'cred_none', source: 'none' },
      ],
    };
  }

  private serveCatalogue(): void {
    this.transport.serveStream(SUBJECTS.catalogSnapshot, 'catalog', (stream) => {
      this.snapshotFetches += 1;
      stream.sendHead(new Uint8Array(0));
      stream.send(encodeJson(this.snapshot));
      stream.end(new Uint8Array(0));
    });
  }

  private logger(): Logger {
    const note = (fields: object, message: string): void => {
      this.logs.push({ ...fields, message });
    };
    const logger: Logger = { debug: note, info: note, warn: note, error: note, fatal: note, child: () => logger };
    return logger;
  }

  private tracer(): Tracer {
    const spanId = 'c'.repeat(16);
    return {
      start: (traceparent) => {
        const parent = traceparent === null ? null : parseTraceparent(traceparent);
        return { traceId: parent?.traceId ?? 'd'.repeat(32), spanId, parentSpanId: parent?.spanId ?? null, sampled: true };
      },
      child: (context) => ({ ...context, parentSpanId: context.spanId }),
      traceparent: formatTraceparent,
      wants: () => true,
      record: (span) => this.spans.push(span),
      shutdown: async () => {},
    };
  }
}
