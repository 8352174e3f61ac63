import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@tollgate/database';

/** A Postgres of one's own, for tests that take it away. */
export interface TestPostgres {
  /** Stays the same over stop, kill and start. */
  readonly url: string;
  /** Fast shutdown; what is open is rolled back. */
  stop(): Promise<void>;
  /** SIGKILL, as when the machine takes it. What was committed survives (the page cache does). */
  kill(): Promise<void>;
  /** After `stop` or `kill`. */
  start(): Promise<void>;
  /** Stops it and removes its folder. */
  destroy(): Promise<void>;
}

/** `fsync` off saves the wait for the disk; a commit still outlives the server, though not the machine. */
const TEST_SETTINGS = { fsync: 'off', full_page_writes: 'off', max_connections: '300' };

/** `settings`: of Postgres, on top of those of all tests. */
export async function startTestPostgres(settings: Readonly<Record<string, string>> = {}): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-test-postgres-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  const launch = (port?: number): Promise<EmbeddedPostgres> =>
    startEmbeddedPostgres({
      dataDir: folder,
      password: 'test',
      user: 'postgres',
      database: 'test',
      settings: { ...TEST_SETTINGS, ...settings },
      ...(port === undefined ? {} : { port }),
    });
  let current = await launch();
  const { url, port } = current;
  return {
    url,
    stop: () => current.stop(),
    kill: () => {
      process.kill(current.pid, 'SIGKILL');
      return current.exited;
    },
    start: async () => {
      current = await launch(port);
    },
    destroy: async () => {
      await current.stop();
      process.off('exit', remove);
      remove();
    },
  };
}
