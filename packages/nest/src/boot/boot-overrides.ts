import type { INestApplicationContext } from '@nestjs/common';
import type { Clock, RandomBytes } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';
import type { Readiness } from '../readiness.js';

export interface BootOverrides {
  /** Instead of `process.env`. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  readonly randomBytes?: RandomBytes;
  readonly logger?: Logger;
  /** Where our own logger writes; standard output by default. */
  readonly logTo?: 'stderr';
  /** Given from outside, it is not drained at the end. */
  readonly transport?: Transport;
  /** Where `TOLLGATE_MIGRATE` is unset; false by default: separate services refuse an older schema. */
  readonly migrate?: boolean;
  /** Where `TOLLGATE_DATABASE_WAIT_MS` is unset; for ever by default. */
  readonly databaseWaitMs?: number;
  /** Where `DATABASE_URL` is unset: asked once all that was given is known to be good and the ports are ours. */
  readonly provideDatabase?: () => Promise<string>;
  /** Mistakes that the caller has found already: listed with those found here, and nothing is started. */
  readonly problems?: readonly string[];
  /** The start waits for something that is away; one line, instead of the log. */
  readonly onWaiting?: (text: string) => void;
  /** Gives the start up: it closes what it opened and throws the reason. */
  readonly signal?: AbortSignal;
  /** The process is ours: signals drain it, a failed start ends it with one clear line. */
  readonly ownsProcess?: boolean;
}

export interface ServicesHandle {
  /** `http://127.0.0.1:8080`, with the port that was really bound. */
  readonly url: string;
  /** null where `TOLLGATE_METRICS_PORT` is off. */
  readonly metricsUrl: string | null;
  readonly context: INestApplicationContext;
  readonly readiness: Readiness;
  readonly logger: Logger;
  /** Drains: not ready, nothing new accepted, streams finish (at most the grace), all is flushed and closed. Safe to call again. */
  close(): Promise<void>;
}
