import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createLedger, type Ledger } from '../simulated-openai/ledger.js';
import type { ProviderEntry } from './engine/entry.js';
import { findVendor } from './engine/find-vendor.js';
import { isObject, type Json, parseJson } from './engine/json.js';
import { serveCall } from './engine/serve-call.js';
import { type Call, SIMULATED_KEYS, type SimulatedKeys, type Vendor } from './engine/vendor.js';
import { createArmedFaults } from './faults/armed-faults.js';
import { realWait, type Wait } from './faults/play-script.js';
import { NO_BUCKETS } from './meaning/reply.js';
import { SIMULATED_VENDORS } from './vendors.js';

export interface SimulatedProvidersSettings {
  readonly port?: number;
  readonly keys?: Partial<SimulatedKeys>;
  /** Timer of every wait; the real one unless told. */
  readonly wait?: Wait;
  /** ms since the epoch: for signatures and their age. */
  readonly now?: () => number;
}

export interface SimulatedProviders {
  readonly port: number;
  /** Base of one provider: `http://127.0.0.1:<port>/<name>`; its own paths follow. */
  url(provider: string): string;
  readonly keys: SimulatedKeys;
  readonly ledger: Ledger<ProviderEntry>;
  /** Connections that are open now. */
  readonly connections: number;
  /** The next `times` calls of the provider get the fault of that name (see `faults/fault.ts`). */
  arm(provider: string, fault: string, times?: number): void;
  stop(): Promise<void>;
}

const BODY_BYTES_MAX = 64 * 1024 * 1024;

/** Every simulated provider on one port of the loopback, each in its vendor's wire format. */
export async function startSimulatedProviders(settings: SimulatedProvidersSettings = {}): Promise<SimulatedProviders> {
  const keys = { ...SIMULATED_KEYS, ...settings.keys };
  const ledger = createLedger<ProviderEntry>((entry) => {
    entry.body = null;
  });
  const faults = createArmedFaults();
  const sockets = new Set<Socket>();
  const memory = new Map<string, Json>();
  const now = settings.now ?? Date.now;
  const wait = settings.wait ?? realWait;
  const run = `${process.pid.toString(36)}${now().toString(36)}`;
  let number = 0;

  const complete = (request: IncomingMessage, response: ServerResponse, bytes: Buffer): void => {
    const found = findVendor(SIMULATED_VENDORS, request.headers.host ?? '', request.url ?? '/');
    if (found === null) {
      response.writeHead(404, { 'content-type': 'text/plain' });
      response.end('No simulated provider of that name');
      return;
    }
    number += 1;
    const { vendor, target } = found;
    const call = readCall(request, target, bytes, {
      id: `${run}${number.toString(36).padStart(6, '0')}`,
      keys,
      memory,
      now: now(),
    });
    const entry = newEntry(number, vendor, call, target);
    ledger.add(entry);
    follow(entry, request, response, now);
    serveCall({ vendor, call, entry, response, faults, wait });
  };

  const server = createServer({ keepAlive: true, maxHeaderSize: 64 * 1024 }, (request, response) => {
    const parts: Buffer[] = [];
    let size = 0;
    request.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= BODY_BYTES_MAX) parts.push(part);
    });
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
    port,
    url: (provider) => `http://127.0.0.1:${port}/${provider}`,
    keys,
    ledger: {
      get entries() {
        return ledger.entries;
      },
      of: ledger.of,
      clear() {
        ledger.clear();
        faults.clear();
      },
    },
    get connections() {
      return sockets.size;
    },
    arm: faults.arm,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function readCall(
  request: IncomingMessage,
  target: string,
  bytes: Buffer,
  own: Pick<Call, 'id' | 'keys' | 'memory' | 'now'>,
): Call {
  const question = target.indexOf('?');
  const body = parseJson(bytes.toString('utf8'));
  return {
    ...own,
    method: request.method ?? 'GET',
    path: question < 0 ? target : target.slice(0, question),
    query: new URLSearchParams(question < 0 ? '' : target.slice(question + 1)),
    target: request.url ?? '/',
    headers: request.headers as Record<string, string>,
    bytes,
    body: isObject(body) ? body : null,
  };
}

function newEntry(number: number, vendor: Vendor, call: Call, target: string): ProviderEntry {
  return {
    number,
    id: call.id,
    provider: vendor.name,
    method: call.method,
    path: target,
    receivedAt: call.now,
    requestBytes: call.bytes.length,
    headers: call.headers,
    body: call.body,
    model: '',
    stream: false,
    user: null,
    status: 0,
    state: 'answering',
    refusal: null,
    usage: NO_BUCKETS,
    framesSent: 0,
    bytesSent: 0,
    closedAt: null,
  };
}

/** Keeps the entry's end true: what the kernel took, and when the socket or the answer ended. */
function follow(entry: ProviderEntry, request: IncomingMessage, response: ServerResponse, now: () => number): void {
  const before = request.socket.bytesWritten;
  response.on('close', () => {
    entry.closedAt = now();
    // `bytesWritten` of a socket counts what is still queued in the process, too.
    entry.bytesSent = request.socket.bytesWritten - before;
    if (entry.state === 'answering') entry.state = response.writableFinished ? 'complete' : 'aborted';
  });
}
