import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { readSimulatedRequest, type SimulatedRequest } from './answer.js';
import { behaviourOf, SIMULATED_MODELS } from './behaviour.js';
import { createLedger, type Ledger, type LedgerEntry } from './ledger.js';
import { type Exchange, writeAnswer, writeBig, writeToolCall } from './write-answer.js';
import { writeStatus, writeTrouble } from './write-trouble.js';

export interface SimulatedOpenAi {
  /** `http://127.0.0.1:<port>/v1`, to be used as a base URL. */
  readonly url: string;
  readonly port: number;
  readonly ledger: Ledger;
  /** Connections that are open now. */
  readonly connections: number;
  stop(): Promise<void>;
}

const NO_SIMULATED_USAGE = { promptTokens: 0, cachedTokens: 0, completionTokens: 0 };

/** An upstream that speaks OpenAI's chat wire format on a real socket and keeps account of every request. */
export async function startSimulatedOpenAi(settings: { readonly port?: number } = {}): Promise<SimulatedOpenAi> {
  const ledger = createLedger();
  const failures = new Map<string, number>();
  const sockets = new Set<Socket>();
  let number = 0;
  const run = `${process.pid.toString(36)}${Date.now().toString(36)}`;

  const complete = (request: IncomingMessage, response: ServerResponse, body: Buffer): void => {
    const parsed = readSimulatedRequest(parse(body));
    number += 1;
    const entry = newEntry(number, `chatcmpl-${run}${number.toString(36).padStart(6, '0')}`, request, parsed, body.length);
    ledger.add(entry);
    follow(entry, request, response);
    const exchange = { entry, response, request: parsed ?? EMPTY_REQUEST };
    if (parsed === null) writeStatus(exchange, 400);
    else answer(exchange, failures);
  };

  const server = createServer({ keepAlive: true, maxHeaderSize: 64 * 1024 }, (request, response) => {
    if (request.method === 'GET' && request.url === '/v1/models') {
      const data = SIMULATED_MODELS.map((id) => ({ id, object: 'model', created: 1_760_000_000, owned_by: 'simulated' }));
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ object: 'list', data }));
      return;
    }
    if (request.method !== 'POST' || request.url !== '/v1/chat/completions') {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end('{"error":{"message":"Unknown path","type":"invalid_request_error","param":null,"code":null}}');
      return;
    }
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => complete(request, response, parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)));
  });
  server.keepAliveTimeout = 60_000;
  server.requestTimeout = 0;
  server.on('connection', (socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port ?? 0, '127.0.0.1', resolve);
  });
  const port = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    ledger,
    get connections() {
      return sockets.size;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const EMPTY_REQUEST: SimulatedRequest = {
  model: '',
  stream: false,
  includeUsage: false,
  user: null,
  seed: 0,
  promptTokens: 0,
  images: 0,
  maxTokens: null,
  toolNames: [],
};

function answer(exchange: Exchange, failures: Map<string, number>): void {
  const behaviour = behaviourOf(exchange.request.model);
  switch (behaviour.kind) {
    case 'answer':
      writeAnswer(exchange, behaviour);
      return;
    case 'tools':
      writeToolCall(exchange);
      return;
    case 'status':
      writeStatus(exchange, behaviour.status);
      return;
    case 'big':
      writeBig(exchange, behaviour.bytes);
      return;
    case 'flaky': {
      const key = exchange.request.user ?? exchange.request.model;
      const failed = failures.get(key) ?? 0;
      if (failed < behaviour.times) {
        failures.set(key, failed + 1);
        writeStatus(exchange, 500);
      } else {
        failures.delete(key);
        writeAnswer(exchange, { kind: 'answer', frames: null, intervalMs: 0, firstByteMs: 0 });
      }
      return;
    }
    default:
      writeTrouble(exchange, behaviour);
  }
}

function newEntry(
  number: number,
  id: string,
  request: IncomingMessage,
  parsed: SimulatedRequest | null,
  requestBytes: number,
): LedgerEntry {
  return {
    number,
    id,
    model: parsed?.model ?? '',
    stream: parsed?.stream ?? false,
    includeUsage: parsed?.includeUsage ?? false,
    user: parsed?.user ?? null,
    receivedAt: Date.now(),
    requestBytes,
    headers: request.headers as Record<string, string>,
    status: 0,
    state: 'answering',
    usage: NO_SIMULATED_USAGE,
    framesSent: 0,
    bytesSent: 0,
    closedAt: null,
  };
}

/** Keeps the entry's end true: what the kernel took, and when the socket or the answer ended. */
function follow(entry: LedgerEntry, request: IncomingMessage, response: ServerResponse): void {
  const before = request.socket.bytesWritten;
  response.on('close', () => {
    entry.closedAt = Date.now();
    // `bytesWritten` of a socket counts what is still queued in the process, too.
    entry.bytesSent = request.socket.bytesWritten - before;
    if (entry.state === 'answering') entry.state = response.writableFinished ? 'complete' : 'aborted';
  });
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return null;
  }
}
