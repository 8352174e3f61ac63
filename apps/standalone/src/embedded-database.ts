import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@tollgate/database';
import { BootError } from '@tollgate/nest';

const RETRY_MS = 500;

export interface EmbeddedDatabase {
  readonly url: string;
  /** Of the server that runs now. */
  pid(): number;
  stop(): Promise<void>;
}

export interface EmbeddedDatabaseSettings {
  readonly folder: string;
  readonly password: string;
  /** Gives the start up. */
  readonly signal: AbortSignal;
  onProgress(text: string): void;
  /** It ended by itself and is started again. */
  onTrouble(text: string): void;
}

/** An embedded Postgres that is started again, on the same port, when it ends by itself. */
export async function keepDatabase(settings: EmbeddedDatabaseSettings): Promise<EmbeddedDatabase> {
  const { password, onProgress, signal } = settings;
  const dataDir = join(settings.folder, 'postgres');
  let current: EmbeddedPostgres;
  try {
    current = await startEmbeddedPostgres({ dataDir, password, onProgress, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new BootError(error instanceof Error ? error.message : String(error), 1, { cause: error });
  }
  const { url, port } = current;
  let stopping = false;
  const watch = async (): Promise<void> => {
    for (;;) {
      await current.exited;
      if (stopping) return;
      settings.onTrouble('the embedded Postgres has ended: starting it again');
      await restart();
    }
  };
  const restart = async (): Promise<void> => {
    while (!stopping) {
      try {
        current = await startEmbeddedPostgres({ dataDir, password, port });
        return;
      } catch (error) {
        settings.onTrouble(`the embedded Postgres does not start: ${error instanceof Error ? error.message : error}`);
        await wait(RETRY_MS);
      }
    }
  };
  const watching = watch();
  return {
    url,
    pid: () => current.pid,
    stop: async () => {
      stopping = true;
      await current.stop();
      await watching;
      // A start that was under way when we were asked to stop.
      await current.stop();
    },
  };
}
