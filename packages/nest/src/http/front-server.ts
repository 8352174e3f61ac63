import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Logger } from '@tollgate/telemetry';
import type { DataPlaneHandler } from '../service-definition.js';
import { answerClientError, endWithRefusal } from './answer-client-error.js';
import { answerHealth, type HealthFacts, pathOf } from './answer-health.js';
import { carriesSecret } from './carries-secret.js';
import { clientAddress, noteConnection, travelsOpenly } from './client-of.js';
import { secureContextOf, type TlsMaterial } from './read-tls.js';
import { type Refusal, refusalOf } from './refusal.js';
import { setSecurityHeaders } from './security-headers.js';
import type { ProxyCheck } from './trusted-proxies.js';

export const HEADER_BYTES_MAX = 65_536;
const HEADERS_TIMEOUT_MS = 20_000;
/** A whole body of 32 MiB over a slow line. */
const REQUEST_TIMEOUT_MS = 300_000;
/** Longer than what load balancers keep a connection (60 s), so that they close first and no request meets a closed one. */
const KEEP_ALIVE_MS = 75_000;
const TIMEOUT_CHECK_MS = 5_000;
const IDLE_SWEEP_MS = 100;
const HANDSHAKE_MS = 10_000;
const WARN_EVERY_MS = 60_000;

const HTTPS_REQUIRED =
  'This gateway takes tokens, passwords and bodies over HTTPS only, and this request came over plain HTTP from another machine. ' +
  'Use https://, and rotate the token that was sent. Whoever runs the gateway: docs/security.md.';

export interface FrontServerSettings {
  readonly health: HealthFacts;
  readonly logger: Logger;
  newRequestId(): string;
  /** How long an idle connection is kept; 75 s where nothing is said. */
  readonly keepAliveMs?: number;
  /** Given, the server speaks TLS and nothing else. */
  readonly tls?: TlsMaterial | null;
  readonly trustedProxies?: ProxyCheck | null;
  /** Takes secrets over plain HTTP from other machines too. */
  readonly allowPlainHttp?: boolean;
}

/**
 * The one HTTP server of a process, on Node's own: the data plane looks at each request first, then the probes, then Nest.
 * It listens before the services have booted, so that a busy port is found at once and probes are answered meanwhile.
 */
export class FrontServer {
  readonly server: Server | TlsServer;
  private dataPlane: DataPlaneHandler | null = null;
  private management: RequestListener | null = null;
  private open = false;
  private draining = false;
  private readonly sockets = new Set<Socket>();
  /** Connections of TLS without a request so far. */
  private readonly unused = new Set<Socket>();
  private readonly takesSecretsOpenly: boolean;
  private warnedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly settings: FrontServerSettings) {
    const { tls = null, trustedProxies = null } = settings;
    // Nobody reaches a server of TLS without it.
    this.takesSecretsOpenly = tls !== null || settings.allowPlainHttp === true;
    const options = {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: settings.keepAliveMs ?? KEEP_ALIVE_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      noDelay: true,
      // Looked for by `handle`: Node's own refusal has no body.
      requireHostHeader: false,
      // By default Node keeps the first of two Hosts, tokens or content types, where a proxy in front may have read the second.
      joinDuplicateHeaders: true,
    };
    const handle: RequestListener = (request, response) => this.handle(request, response);
    this.server =
      tls === null
        ? createServer(options, handle)
        : createTlsServer(
            { ...options, ...secureContextOf(tls), ALPNProtocols: ['http/1.1'], handshakeTimeout: HANDSHAKE_MS },
            handle,
          );
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
      if (tls === null) noteConnection(socket, trustedProxies);
    });
    this.server.on('secureConnection', (socket: Socket) => {
      noteConnection(socket, trustedProxies);
      this.unused.add(socket);
      socket.once('close', () => this.unused.delete(socket));
    });
    // Without these listeners Node answers 417 without a body, and cuts the connection of a CONNECT.
    this.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
      this.refuse(request, response, 'expectation_failed', 'Of expectations only 100-continue is met.');
    });
    this.server.on('connect', (request: IncomingMessage, socket: Socket) => {
      const requestId = settings.newRequestId();
      const path = pathOf(request.url ?? '/');
      endWithRefusal(
        socket,
        refusalOf('method_not_allowed', 'This is no proxy: CONNECT is not taken.', path, requestId),
        requestId,
      );
    });
    this.server.on('clientError', (error, socket) => answerClientError(error, socket as never, () => settings.newRequestId()));
  }

  /** Resolves once bound; rejects with Node's own error (`EADDRINUSE` ...). */
  listen(port: number, host: string): Promise<AddressInfo> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ port, host, backlog: 1_024 }, () => {
        this.server.removeListener('error', reject);
        resolve(this.server.address() as AddressInfo);
      });
    });
  }

  /** For new connections; those that are open go on with what they were opened with. */
  renewTls(material: TlsMaterial): void {
    if ('setSecureContext' in this.server) this.server.setSecureContext(secureContextOf(material));
  }

  setManagement(listener: RequestListener): void {
    this.management = listener;
  }

  /** From now on requests reach the services. */
  openDoors(dataPlane: DataPlaneHandler | null): void {
    this.dataPlane = dataPlane;
    this.open = true;
  }

  connections(): Promise<number> {
    return new Promise((resolve) => this.server.getConnections((_, count) => resolve(count ?? 0)));
  }

  /** Accepts nothing new, lets answers under way finish, cuts what is left after the grace. Returns how many were cut. */
  async drain(graceMs: number): Promise<number> {
    this.draining = true;
    if (!this.server.listening) return 0;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    // A connection falls idle when its last answer is out; nobody tells, so it is looked for while we drain.
    const sweep = setInterval(() => {
      this.server.closeIdleConnections();
      // Opened in advance and never used: to Node they are busy until the headers' timeout.
      for (const socket of this.sockets) if (socket.bytesRead === 0) socket.destroy();
      for (const socket of this.unused) socket.destroy();
    }, IDLE_SWEEP_MS);
    let cut = 0;
    const limit = setTimeout(() => {
      void this.connections().then((count) => {
        cut = count;
        this.server.closeAllConnections();
        // Also those in the middle of a handshake, which Node does not count among them.
        for (const socket of this.sockets) socket.destroy();
      });
    }, graceMs);
    await closed;
    clearInterval(sweep);
    clearTimeout(limit);
    return cut;
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    if (this.draining) response.shouldKeepAlive = false;
    try {
      if (this.unused.size > 0) this.unused.delete(request.socket);
      // RFC 9112, 3.2. Two of them have been joined by a comma, which a host cannot hold.
      const { host } = request.headers;
      if (host === undefined ? request.httpVersionMinor === 1 : host.includes(',')) {
        this.refuse(request, response, 'invalid_request', 'A request of HTTP/1.1 needs one Host header.');
        return;
      }
      if (!this.takesSecretsOpenly && travelsOpenly(request) && carriesSecret(request)) {
        this.warn(request);
        this.refuse(request, response, 'https_required', HTTPS_REQUIRED);
        return;
      }
      if (this.dataPlane?.(request, response)) return;
      setSecurityHeaders(request, response);
      if (answerHealth(this.settings.health, request, response)) return;
      if (this.open && this.management !== null) this.management(request, response);
      else this.refuse(request, response, 'overloaded', 'The gateway is starting: try again shortly.');
    } catch (error) {
      this.settings.logger.error({ error }, 'request handler threw');
      if (response.headersSent) response.destroy();
      else this.refuse(request, response, 'internal_error', 'Something went wrong inside the gateway.');
    }
  }

  private warn(request: IncomingMessage): void {
    const now = performance.now();
    if (now - this.warnedAt < WARN_EVERY_MS) return;
    this.warnedAt = now;
    const behindProxy = request.headers['x-forwarded-proto'] !== undefined;
    this.settings.logger.warn(
      { peer: request.socket.remoteAddress, client: clientAddress(request), behindProxy },
      behindProxy
        ? 'a secret over plain HTTP was refused: does TRUSTED_PROXIES name the proxy, and did the caller use https?'
        : 'a secret over plain HTTP was refused: set TLS_CERT_FILE and TLS_KEY_FILE, or TRUSTED_PROXIES where a proxy speaks TLS',
    );
  }

  private refuse(
    request: IncomingMessage,
    response: ServerResponse,
    code: 'overloaded' | 'internal_error' | 'invalid_request' | 'expectation_failed' | 'https_required',
    message: string,
  ): void {
    const requestId = this.settings.newRequestId();
    // What the caller made wrong of the request itself may be wrong of the next as well, or its body still be on the way.
    if (code !== 'overloaded' && code !== 'https_required') response.shouldKeepAlive = false;
    send(response, refusalOf(code, message, pathOf(request.url ?? '/'), requestId), requestId);
  }
}

function send(response: ServerResponse, refusal: Refusal, requestId: string): void {
  response.writeHead(refusal.status, {
    'content-type': refusal.contentType,
    'content-length': Buffer.byteLength(refusal.body),
    'x-request-id': requestId,
    'x-tollgate-error-source': 'gateway',
    ...(refusal.status === 503 ? { 'retry-after': '1' } : {}),
  });
  response.end(refusal.body);
}
