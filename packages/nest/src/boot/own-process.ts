import { constants } from 'node:os';
import { describeBootFailure } from './describe-boot-failure.js';

/** Ends the process with the clear line of a failed start. */
export function exitWithFailure(error: unknown): never {
  const { text, exitCode } = describeBootFailure(error);
  process.stderr.write(`tollgate: ${text}\n`);
  process.exit(exitCode);
}

/** A terminal tells the whole group, and who started us may pass the same Ctrl-C on: that is one request. */
const SAME_REQUEST_MS = 1_000;

/**
 * SIGTERM and SIGINT drain once; a second one, later, ends at once. One that was up ends with 0, one that was stopped on its
 * way there with 128 + the signal, as a shell tells it: a script that waits for a gateway must not think that it had one.
 */
export function closeOnSignals(
  close: () => Promise<void>,
  onFailure: (error: unknown) => void,
  isUp: () => boolean = () => true,
): () => void {
  let askedAt: number | null = null;
  const stop = (signal?: NodeJS.Signals): void => {
    if (askedAt !== null) {
      if (performance.now() - askedAt > SAME_REQUEST_MS) process.exit(1);
      return;
    }
    askedAt = performance.now();
    const exitCode = isUp() ? 0 : 128 + constants.signals[signal ?? 'SIGTERM'];
    close().then(
      () => process.exit(exitCode),
      (error: unknown) => {
        onFailure(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  return () => stop();
}

/** What a process tells the supervisor that started it (over Node's IPC channel), once its doors are open. */
export interface UpMessage {
  readonly type: 'up';
  readonly url: string;
  readonly metricsUrl: string | null;
}

/** Tells a supervisor, where there is one, and stops with it: a process whose supervisor was killed must not live on. */
export function reportToSupervisor(message: UpMessage, stop: () => void): void {
  if (process.send === undefined) return;
  process.once('disconnect', stop);
  process.send(message);
}
