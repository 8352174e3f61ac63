import { describeBootFailure } from './describe-boot-failure.js';

/** Ends the process with the clear line of a failed start. */
export function exitWithFailure(error: unknown): never {
  const { text, exitCode } = describeBootFailure(error);
  process.stderr.write(`tollgate: ${text}\n`);
  process.exit(exitCode);
}

/** A terminal tells the whole group, and who started us may pass the same Ctrl-C on: that is one request. */
const SAME_REQUEST_MS = 300;

/** SIGTERM and SIGINT drain once; a second one, later, ends at once. */
export function closeOnSignals(close: () => Promise<void>, onFailure: (error: unknown) => void): () => void {
  let askedAt: number | null = null;
  const stop = (): void => {
    if (askedAt !== null) {
      if (performance.now() - askedAt > SAME_REQUEST_MS) process.exit(1);
      return;
    }
    askedAt = performance.now();
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        onFailure(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  return stop;
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
