import { readFile } from 'node:fs/promises';
import type { Clock } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import { readTls, type TlsFiles, type TlsMaterial } from './read-tls.js';

/**
 * Looked at, not watched: mounted secrets are links that are swapped, which file events miss on some file systems. Two small
 * files every two seconds cost nothing that could be measured.
 */
const LOOK_MS = 2_000;
const SOON_MS = 14 * 86_400_000;
const REMIND_MS = 86_400_000;

export interface TlsWatch {
  readonly files: TlsFiles;
  readonly current: TlsMaterial;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How often to look, milliseconds; 2 s where nothing is said. */
  readonly lookMs?: number;
  /** For new connections from now on. */
  use(material: TlsMaterial): void;
}

/** Takes a renewed pair over as soon as both files are good; until then the last good one stays, and the log says why. */
export function watchTls(watch: TlsWatch): { stop(): void } {
  const { files, clock, logger } = watch;
  let current = watch.current;
  let remindedAt = Number.NEGATIVE_INFINITY;
  /** What was wrong at the last look, and the last that was told: a pair is two files, and one is written first. */
  let [seen, told] = ['', ''];
  let looking = false;

  const look = async (): Promise<void> => {
    const next = await read(files);
    if (typeof next === 'string') {
      if (next === seen && next !== told) {
        logger.error({ problem: next }, 'the renewed certificate is not used, the last good one stays');
        told = next;
      }
      seen = next;
      return;
    }
    [seen, told] = ['', ''];
    if (next.certificate !== current.certificate || next.key !== current.key) {
      current = next;
      remindedAt = Number.NEGATIVE_INFINITY;
      watch.use(next);
      logger.info({ validUntil: new Date(next.validUntil).toISOString() }, 'a renewed certificate is in use');
    }
  };
  const remind = (): void => {
    const problem = validityProblem(current, clock.now());
    if (problem === null || clock.monotonic() - remindedAt < REMIND_MS) return;
    remindedAt = clock.monotonic();
    logger.warn({ file: files.certificate, validUntil: new Date(current.validUntil).toISOString() }, problem);
  };
  remind();
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => {
      looking = false;
      remind();
    });
  }, watch.lookMs ?? LOOK_MS).unref();
  return { stop: () => clearInterval(timer) };
}

/** What callers will not like about it, or not like soon; null where it is good for a while. */
export function validityProblem({ validFrom, validUntil }: TlsMaterial, nowMs: number): string | null {
  if (nowMs > validUntil) return 'the certificate has expired: callers refuse it';
  if (nowMs < validFrom) return 'the certificate is not valid yet: callers refuse it';
  return validUntil - nowMs < SOON_MS ? 'the certificate expires within two weeks: renew it' : null;
}

async function read(files: TlsFiles): Promise<TlsMaterial | string> {
  const texts = new Map<string, string | Error>();
  for (const path of [files.certificate, files.key]) {
    texts.set(path, await readFile(path, 'utf8').catch((error: unknown) => error as Error));
  }
  return readTls(files, (path) => {
    const text = texts.get(path) ?? '';
    if (typeof text !== 'string') throw text;
    return text;
  });
}
