import { Agent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { type Service, serviceOfPath } from '@tollgate/contracts';
import { clientAddress, comesEncrypted, type DataPlaneHandler, HEADER_BYTES_MAX, pathOf, refusalOf } from '@tollgate/nest';

/** RFC 9110, 7.6.1: these belong to one connection and are not passed on. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade', 'expect']);
const PROBES = new Set(['/healthz', '/readyz', '/version', '/health/liveliness', '/health/readiness']);

/** Where the processes of a service are right now; empty while none is up. */
export type Targets = (service: Service) => readonly URL[];

/**
 * The development ingress: lays all services under one origin by the table in contracts, the routers in turn. Bytes are
 * piped as they come, with back-pressure; either side's leaving ends the other. It decides nothing else.
 */
export function createIngress(targets: Targets, newRequestId: () => string): DataPlaneHandler {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const turns = new Map<Service, number>();

  return (request, response) => {
    const path = pathOf(request.url ?? '/');
    if (PROBES.has(path)) return false;
    const service = serviceOfPath(path);
    if (service === null) return refuse(response, 'route_not_found', 'Nothing is served at this path.', path);
    const turn = turns.get(service) ?? 0;
    turns.set(service, (turn + 1) % 1_000_000);
    const places = targets(service);
    const order = places.map((_, index) => places[(turn + index) % places.length] as URL);
    pass(order);
    return true;

    function pass([place, ...others]: readonly URL[]): void {
      if (place === undefined) {
        refuse(response, 'gateway_unavailable', `No process of ${service} can be reached right now.`, path);
        return;
      }
      relay({ agent, request, response, place, onUnreached: () => pass(others), onLost: () => lost(response, path) });
    }
  };

  function refuse(
    response: ServerResponse,
    code: 'route_not_found' | 'gateway_unavailable',
    message: string,
    path: string,
  ): true {
    const requestId = newRequestId();
    const refusal = refusalOf(code, message, path, requestId);
    response.writeHead(refusal.status, {
      'content-type': refusal.contentType,
      'content-length': Buffer.byteLength(refusal.body),
      'x-request-id': requestId,
      'x-tollgate-error-source': 'gateway',
    });
    response.end(refusal.body);
    return true;
  }

  /** The process ended with the call: the caller must see it, and never an answer that looks whole. */
  function lost(response: ServerResponse, path: string): void {
    if (response.headersSent) response.destroy();
    else refuse(response, 'gateway_unavailable', 'The process that served the call is gone.', path);
  }
}

interface Relay {
  readonly agent: Agent;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly place: URL;
  /** No connection, so not a byte has been sent: another place may be tried. */
  onUnreached(): void;
  onLost(): void;
}

function relay({ agent, request, response, place, onUnreached, onLost }: Relay): void {
  const upstream = httpRequest({
    agent,
    host: place.hostname,
    port: place.port,
    method: request.method,
    path: request.url,
    headers: requestHeaders(request),
    maxHeaderSize: HEADER_BYTES_MAX * 2,
  });
  let sending = false;
  // The body is read only once there is a connection: until then it can still go elsewhere.
  upstream.once('socket', (socket) => {
    const send = (): void => {
      sending = true;
      request.pipe(upstream);
    };
    if (socket.connecting) socket.once('connect', send);
    else send();
  });
  upstream.once('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answerHeaders(answer));
    response.flushHeaders();
    answer.pipe(response);
    answer.once('error', () => response.destroy());
    answer.once('close', () => {
      if (!answer.complete) response.destroy();
    });
  });
  upstream.once('error', () => {
    if (response.destroyed) return;
    if (sending) onLost();
    else onUnreached();
  });
  response.once('close', () => {
    if (!response.writableFinished) upstream.destroy();
  });
}

/**
 * As they came, repeated ones included, less those of the connection. Who calls and how is our own word, for the services
 * believe it: what callers say of it, and of proxies that nobody trusts, ends here.
 */
function requestHeaders(request: IncomingMessage): OutgoingHttpHeaders {
  const headers = keptHeaders(request.rawHeaders);
  delete headers['forwarded'];
  headers['x-forwarded-for'] = clientAddress(request);
  headers['x-forwarded-proto'] = comesEncrypted(request) ? 'https' : 'http';
  return headers;
}

function answerHeaders(answer: IncomingMessage): OutgoingHttpHeaders {
  const headers = keptHeaders(answer.rawHeaders);
  // Node frames the answer anew: chunked where there is no length.
  delete headers['transfer-encoding'];
  return headers;
}

function keptHeaders(raw: readonly string[]): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] as string).toLowerCase();
    const value = raw[index + 1] as string;
    if (HOP_BY_HOP.has(name) || name === '__proto__') continue;
    const present = headers[name];
    headers[name] = present === undefined ? value : [...[present].flat(), value];
  }
  return headers;
}
