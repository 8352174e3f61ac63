import type { RandomBytes } from '@tollgate/kernel';

export interface TracerSettings {
  /** `service.name` of the resource. */
  readonly serviceName: string;
  /** Where spans go, OTLP over HTTP with protobuf, whole URL (`http://collector:4318/v1/traces`); null = nowhere. */
  readonly exporterUrl: string | null;
  /** Share of roots that are sampled, 0..1. */
  readonly sampleRatio: number;
  readonly randomBytes: RandomBytes;
  /** Further resource attributes (`service.version`, `deployment.environment.name` ...). */
  readonly resource?: Readonly<Record<string, string>>;
  /** Longest wait of a finished span before it is sent, milliseconds; the SDK's 5 s by default. */
  readonly exportDelayMs?: number;
  /** A batch could not be delivered. */
  onExportError?(error: unknown): void;
}
