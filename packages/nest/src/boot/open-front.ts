import type { AddressInfo } from 'node:net';
import type { Clock } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import type { HealthFacts } from '../http/answer-health.js';
import { FrontServer } from '../http/front-server.js';
import type { TlsMaterial } from '../http/read-tls.js';
import { watchTls } from '../http/watch-tls.js';
import type { Closer } from './close-all.js';
import type { CommonEnvironment } from './common-environment.js';
import { listenFailure } from './describe-boot-failure.js';

type Named = Pick<
  CommonEnvironment,
  'host' | 'port' | 'keepAliveMs' | 'tlsCertFile' | 'tlsKeyFile' | 'trustedProxies' | 'allowPlainHttp'
>;

export interface FrontNeeds {
  readonly common: Named;
  readonly tls: TlsMaterial | null;
  /** Callers show tokens here: where others could read them, the log says so. */
  readonly takesSecrets: boolean;
  readonly health: HealthFacts;
  readonly clock: Clock;
  readonly logger: Logger;
  newRequestId(): string;
  /** What has been opened is put here, to be closed in the opposite order. */
  readonly closers: Closer[];
}

/** The server of the main port, listening, as the environment asks for it. `origin` has the port that was really bound. */
export async function openFront(needs: FrontNeeds): Promise<{ readonly front: FrontServer; readonly origin: string }> {
  const { common, tls, clock, logger, closers } = needs;
  const { host, port, trustedProxies, allowPlainHttp } = common;
  const front = new FrontServer({
    health: needs.health,
    logger,
    newRequestId: needs.newRequestId,
    keepAliveMs: common.keepAliveMs,
    tls,
    trustedProxies,
    allowPlainHttp,
  });
  let address: AddressInfo;
  try {
    address = await front.listen(port, host);
  } catch (error) {
    throw listenFailure(error, host, port, 'PORT');
  }
  closers.push({ name: 'http', close: () => front.drain(0) });
  if (tls !== null && common.tlsCertFile !== null && common.tlsKeyFile !== null) {
    const files = { certificate: common.tlsCertFile, key: common.tlsKeyFile };
    const watch = watchTls({ files, current: tls, clock, logger, use: (material) => front.renewTls(material) });
    closers.push({ name: 'certificate watch', close: async () => watch.stop() });
  } else if (needs.takesSecrets && !isLoopbackHost(host)) warn(needs);
  return { front, origin: `${tls === null ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${address.port}` };
}

function warn({ common: { host, trustedProxies, allowPlainHttp }, logger }: FrontNeeds): void {
  if (allowPlainHttp) {
    logger.warn({ host }, 'TOLLGATE_ALLOW_PLAIN_HTTP: tokens from other machines can be read by whoever is on their way');
  } else if (trustedProxies === null) {
    logger.warn(
      { host },
      'tokens from other machines are refused: set TLS_CERT_FILE and TLS_KEY_FILE, or TRUSTED_PROXIES where a proxy speaks TLS',
    );
  }
}

const isLoopbackHost = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');
