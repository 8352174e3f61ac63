import type { Service } from '@tollgate/contracts';
import { ownerOfSubject } from '@tollgate/contracts';
import type { Clock, RandomBytes } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import {
  connectNats,
  createCompositeTransport,
  createInProcessTransport,
  type Transport,
  TransportError,
} from '@tollgate/transport';
import { BootError } from './boot-error.js';

export interface TransportNeeds {
  readonly services: readonly Service[];
  readonly natsServers: readonly string[] | null;
  readonly natsCaFile: string | null;
  readonly natsCredsFile: string | null;
  /** Bodies that came in parts and are under way at once, bytes. */
  readonly largeBodiesBytesMax: number;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly logger: Logger;
  readonly signal?: AbortSignal;
}

const FIRST_CONNECT_MS = 10_000;

/**
 * No bus: everything by hand-over inside this process. A bus and one service: all over the bus. A bus and several
 * services: what they ask of each other stays inside, the rest goes over the bus. Auth asks itself about the tokens of its
 * management API: inside too, so that a token can be revoked while the bus is away.
 */
export async function openTransport(needs: TransportNeeds): Promise<Transport> {
  const { services, natsServers, clock } = needs;
  if (natsServers === null) return createInProcessTransport({ clock });
  if (services.length === 1 && services[0] !== 'auth') return reachBus(needs, natsServers, true);
  const hosted = new Set<Service>(services);
  return createCompositeTransport({
    local: createInProcessTransport({ clock }),
    remote: await reachBus(needs, natsServers, false),
    isLocal: (subject) => {
      const owner = ownerOfSubject(subject);
      return owner !== null && hosted.has(owner);
    },
  });
}

/** Waits for a bus that is away, as it does later when it is lost; a bus that refuses us will not change its mind. */
async function reachBus(needs: TransportNeeds, servers: readonly string[], echo: boolean): ReturnType<typeof connectNats> {
  const { services, clock, randomBytes, logger, largeBodiesBytesMax } = needs;
  for (;;) {
    try {
      return await connectNats({
        servers,
        caFile: needs.natsCaFile,
        credsFile: needs.natsCredsFile,
        name: services.join('+'),
        clock,
        randomBytes,
        echo,
        firstConnectMs: FIRST_CONNECT_MS,
        largeBodiesBytesMax,
        onLog: (level, fields, message) => logger[level](fields, message),
      });
    } catch (error) {
      needs.signal?.throwIfAborted();
      if (!(error instanceof TransportError) || error.code !== 'disconnected') throw error;
      const hosts = servers.map((server) => new URL(server).host).join(', ');
      const mistake = mistakeIn(error.message, hosts);
      if (mistake !== null) throw new BootError(mistake, 1, { cause: error });
      logger.warn({ hosts, reason: error.message }, 'waiting for NATS: start it or mend NATS_URL');
    }
  }
}

/** What an operator must mend before a bus of this answer takes us; null where waiting may help. */
function mistakeIn(reason: string, hosts: string): string | null {
  if (/authoriz|authentic/i.test(reason)) return `NATS at ${hosts} refused the login: mend NATS_URL or NATS_CREDS_FILE.`;
  if (/does not support 'tls'/i.test(reason)) {
    return `NATS at ${hosts} speaks no TLS: give it a certificate, or write nats:// in NATS_URL and unset NATS_CA_FILE.`;
  }
  if (/altnames/i.test(reason)) return `NATS at ${hosts} shows a certificate for another name: write that name in NATS_URL.`;
  if (/expired/i.test(reason)) return `NATS at ${hosts} shows a certificate that has expired: renew it.`;
  if (/certificate|self-signed|issuer/i.test(reason)) {
    return `NATS at ${hosts} shows a certificate that is not trusted: name its authority in NATS_CA_FILE.`;
  }
  return null;
}
