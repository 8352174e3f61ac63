import { renameSync, writeFileSync } from 'node:fs';

export interface ProcessRow {
  readonly name: string;
  readonly pid: number | null;
  readonly url: string | null;
  readonly metricsUrl: string | null;
}

export interface ProcessTable {
  readonly url: string;
  readonly natsUrl: string;
  /** Holds the password: the file is for its owner alone. */
  readonly databaseUrl: string;
  readonly processes: readonly ProcessRow[];
}

/** What runs where right now, for people, measurements and tests; replaced whole at each change. */
export function writeProcessTable(path: string, table: ProcessTable): void {
  const staged = `${path}.new`;
  writeFileSync(staged, `${JSON.stringify(table, null, 2)}\n`, { mode: 0o600 });
  renameSync(staged, path);
}
