import type { Service } from '@tollgate/contracts';
import type { SimulatedOpenAiProcess } from '../simulated-openai/process.js';
import type { SimulatedProvidersProcess } from '../simulated-providers/process.js';
import type { ManagedProcess } from './managed-process.js';

export const ARRANGEMENTS = ['standalone', 'data-plane', 'distributed'] as const;
/** standalone: one process. data-plane: router and adapters in one, the rest over NATS. distributed: each service its own. */
export type Arrangement = (typeof ARRANGEMENTS)[number];

export interface StackSettings {
  readonly arrangement: Arrangement;
  /** How many of each; 1 where it is not said. Not for standalone. */
  readonly routers?: number;
  readonly adapters?: number;
  readonly auths?: number;
  /** Beside what the harness sets; wins over it. */
  readonly env?: Readonly<Record<string, string>>;
  /** An OTLP receiver; every call is sampled then. */
  readonly otlpUrl?: string;
  /** Native vendors behind it too, simulated: `openai/...`, `anthropic/...`, `gemini/...` and others. */
  readonly vendors?: boolean;
  /** Of Postgres, where the harness starts one (not for standalone): what a test wants to have written down, for instance. */
  readonly postgresSettings?: Readonly<Record<string, string>>;
}

export interface ServiceProcess extends ManagedProcess {
  readonly services: readonly Service[];
  /** `http://127.0.0.1:<port>`, the same over a restart. */
  readonly url: string;
}

/** What a kill test takes away and gives back. */
export interface Backing {
  kill(): Promise<void>;
  start(): Promise<void>;
  /** 0 where the harness does not know it. */
  pid(): number;
}

/** The product as real processes, on free ports, in a folder of its own that `stop` removes. */
export interface Stack {
  readonly arrangement: Arrangement;
  /** Of the (first) router: `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly routerUrls: readonly string[];
  /** Takes every model. */
  readonly token: string;
  readonly adminToken: string;
  readonly processes: readonly ServiceProcess[];
  /** null in the standalone arrangement, which has none (nats) or its own inside (postgres). */
  readonly nats: Backing | null;
  readonly postgres: Backing | null;
  readonly databaseUrl: string | null;
  readonly upstream: SimulatedOpenAiProcess;
  /** null where the settings do not ask for them. */
  readonly vendors: SimulatedProvidersProcess | null;
  /** Secrets that may stand in no log and no span. */
  readonly canaries: readonly string[];
  /** Processes that host the service. */
  of(service: Service): readonly ServiceProcess[];
  /** Calls the management API with the admin token, at the service that the origin table names. */
  api(
    path: string,
    init?: { readonly method?: string; readonly body?: unknown },
  ): Promise<{ readonly status: number; readonly body: unknown }>;
  /** Makes an API token and gives its text. */
  createToken(fields?: Readonly<Record<string, unknown>>): Promise<{ readonly id: string; readonly token: string }>;
  /** Logs of all processes. */
  logs(): string;
  stop(): Promise<void>;
}
