import type { LoggerService } from '@nestjs/common';
import type { Logger } from '@tollgate/telemetry';

/** Nest's own lines in our log: its chatter as debug, its troubles as what they are. */
export function nestLogger(logger: Logger): LoggerService {
  const write =
    (level: 'debug' | 'warn' | 'error' | 'fatal') =>
    (message: unknown, ...rest: unknown[]): void => {
      const context = rest.at(-1);
      const source = typeof context === 'string' ? { source: context } : {};
      if (message instanceof Error) logger[level]({ ...source, error: message }, message.message);
      else
        logger[level](
          typeof message === 'object' && message !== null ? { ...source, details: message } : source,
          String(message),
        );
    };
  return {
    log: write('debug'),
    debug: write('debug'),
    verbose: write('debug'),
    warn: write('warn'),
    error: write('error'),
    fatal: write('fatal'),
  };
}
