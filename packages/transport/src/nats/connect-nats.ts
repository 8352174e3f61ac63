import { readFileSync } from 'node:fs';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { NatsConnection } from '@nats-io/nats-core';
import { AuthorizationError, connect, credsAuthenticator, type NodeConnectionOptions } from '@nats-io/transport-node';
import type { Clock, RandomBytes } from '@tollgate/kernel';
import { LARGE_BODIES_BYTES_MAX } from '../limits.js';
import type { TransportLog } from '../log.js';
import { type Transport, TransportError } from '../transport.js';
import { NatsTransport } from './nats-transport.js';

export interface ConnectNatsOptions {
  /** `nats://[user:password@|token@]host:port`, `tls://...`; one is tried after the other. */
  readonly servers: string | readonly string[];
  /** PEM file of the authorities that vouch for the servers, instead of those that Node knows; read at each connection. Asks for TLS. */
  readonly caFile?: string | null;
  /** A `.creds` file as `nsc` writes it (a user's JWT and its key); read at each connection, so that it can be renewed. */
  readonly credsFile?: string | null;
  /** Shown in the server's own listings. */
  readonly name: string;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly onLog?: TransportLog;
  /** How long to try for the first connection, milliseconds; 10 s by default. Later the transport tries for ever. */
  readonly firstConnectMs?: number;
  /** False in a composite transport, where what this process publishes reaches its own subscribers locally. */
  readonly echo?: boolean;
  /** Bodies over the bus's max payload that this process holds at once, bytes; 512 MiB by default. More are refused with `no_capacity`. */
  readonly largeBodiesBytesMax?: number;
}

const PING_INTERVAL_MS = 10_000;
const RECONNECT_MS = 100;
const RECONNECT_JITTER_MS = 300;

/**
 * Connects, or throws {@link TransportError} `disconnected` with the reason: at once where the login is refused or the
 * certificate is not to be trusted, after `firstConnectMs` where no server can be reached.
 */
export async function connectNats(options: ConnectNatsOptions): Promise<Transport & { readonly echo: boolean }> {
  const connection = await dial(options);
  return transportOver(connection, options);
}

/** The transport over a connection that is there; for tests that put something between the two. */
export function transportOver(connection: NatsConnection, options: ConnectNatsOptions): NatsTransport {
  const { clock, randomBytes, onLog = () => {}, echo = true, largeBodiesBytesMax = LARGE_BODIES_BYTES_MAX } = options;
  const transport = new NatsTransport(connection, { clock, randomBytes, onLog, echo, largeBodiesBytesMax });
  watch(connection, transport, onLog).catch((error) => onLog('error', { err: error }, 'the message bus is no longer watched'));
  return transport;
}

export async function dial(options: ConnectNatsOptions): Promise<NatsConnection> {
  const { clock, firstConnectMs = 10_000 } = options;
  const giveUpAtMs = clock.monotonic() + firstConnectMs;
  for (;;) {
    try {
      return await connect(connectionOptions(options));
    } catch (error) {
      if (staysSo(error) || clock.monotonic() + RECONNECT_MS >= giveUpAtMs) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new TransportError('disconnected', `no NATS server can be reached: ${reason}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
    }
  }
}

/** By Node and OpenSSL: who the server is cannot be told, or it is somebody else. */
const CERTIFICATE_FAILURE = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH)/;

/** Trying again does not mend it. */
function staysSo(error: unknown): boolean {
  if (error instanceof AuthorizationError) return true;
  if (!(error instanceof Error)) return false;
  return ('code' in error && CERTIFICATE_FAILURE.test(String(error.code))) || error.message.includes("does not support 'tls'");
}

function connectionOptions(options: ConnectNatsOptions): NodeConnectionOptions {
  const urls = (typeof options.servers === 'string' ? options.servers.split(',') : options.servers).map(
    (server) => new URL(server.includes('://') ? server.trim() : `nats://${server.trim()}`),
  );
  const { username = '', password = '' } = urls[0] ?? {};
  const { caFile = null, credsFile = null } = options;
  const encrypted = caFile !== null || urls.some((url) => url.protocol === 'tls:');
  return {
    servers: urls.map((url) => url.host),
    name: options.name,
    noEcho: options.echo === false,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
    pingInterval: PING_INTERVAL_MS,
    reconnectDelayHandler: () => RECONNECT_MS + ((options.randomBytes(1)[0] as number) / 256) * RECONNECT_JITTER_MS,
    ...(password !== '' ? { user: decodeURIComponent(username), pass: decodeURIComponent(password) } : {}),
    ...(password === '' && username !== '' ? { token: decodeURIComponent(username) } : {}),
    ...(credsFile === null ? {} : { authenticator: credsAuthenticator(() => readFileSync(credsFile)) }),
    ...(encrypted ? { tls: tlsOptions(urls, caFile) } : {}),
  };
}

/** With `tls`, even empty, the library refuses a server that speaks none. */
function tlsOptions(urls: readonly URL[], caFile: string | null): NonNullable<NodeConnectionOptions['tls']> {
  const hosts = urls.map((url) => url.hostname.replace(/^\[|\]$/g, ''));
  const options = {
    ...(caFile === null ? {} : { caFile }),
    minVersion: 'TLSv1.2',
    // The library gives Node no name where the URL has an address, and Node would compare with `localhost`. A server that the
    // cluster told us of shows a certificate for one of the names that we were given.
    checkServerIdentity: (_: string, certificate: PeerCertificate): Error | undefined => {
      const failures = hosts.map((host) => checkServerIdentity(host, certificate));
      return failures.includes(undefined) ? undefined : failures[0];
    },
  };
  return options;
}

/** nats.js buffers what is published while it reconnects: the transport hears of it first and refuses. */
async function watch(connection: NatsConnection, transport: NatsTransport, onLog: TransportLog): Promise<void> {
  for await (const status of connection.status()) {
    switch (status.type) {
      case 'disconnect':
        onLog('warn', { server: status.server }, 'the message bus is out of reach');
        transport.setConnected(false);
        break;
      case 'reconnect':
        onLog('info', { server: status.server }, 'the message bus is back');
        transport.setConnected(true);
        break;
      case 'close':
        transport.setConnected(false);
        break;
      case 'slowConsumer':
        onLog('warn', { pending: status.pending }, 'this process reads from the message bus too slowly');
        break;
      case 'error':
        onLog('error', { err: status.error }, 'the message bus reports an error');
        break;
      case 'staleConnection':
      case 'ldm':
        onLog('warn', { status: status.type }, 'the message bus is about to leave');
        break;
    }
  }
}
