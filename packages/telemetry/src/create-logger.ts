import { type DestinationStream, destination as fileDestination, pino, stdTimeFunctions } from 'pino';
import type { Logger } from './logger.js';
import { redactFields, redactText } from './redact.js';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LoggerSettings {
  /** Stands in every line as `service`. */
  readonly service: string;
  readonly level: LogLevel;
  /** Where lines go; standard output by default. `stderr` where standard output belongs to something else. */
  readonly destination?: DestinationStream | 'stderr';
}

/**
 * JSON lines with time, level, service. Redaction has two layers: fields are copied without the values of secret names,
 * and the finished line (message, child fields and all) is searched once more for anything that has the shape of a secret.
 */
export function createLogger(settings: LoggerSettings): Logger {
  return pino(
    {
      level: settings.level,
      base: { service: settings.service },
      timestamp: stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => redactFields(fields) as Record<string, unknown>,
        bindings: (fields) => redactFields(fields) as Record<string, unknown>,
      },
      // Errors are made plain by redactFields; pino's own serializer would run after it and undo that.
      serializers: { err: (value: unknown) => value, error: (value: unknown) => value },
      hooks: { streamWrite: redactText },
    },
    // Written at once: a line that tells why a process ended must not sit in a buffer when it does.
    typeof settings.destination === 'object'
      ? settings.destination
      : fileDestination({ fd: settings.destination === 'stderr' ? 2 : 1, sync: true }),
  );
}
