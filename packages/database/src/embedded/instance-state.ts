import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startMarkOf } from './process-identity.js';

/** What one run leaves for the next, beside the data. */
export interface InstanceState {
  /** The port of the last run: taken again if it is free, so that a URL that somebody noted stays good. */
  readonly port: number | null;
  /** The process that started Postgres. */
  readonly owner: { readonly pid: number; readonly startMark: string } | null;
}

const NOTHING: InstanceState = { port: null, owner: null };
const pathOf = (folder: string): string => join(folder, 'instance.json');

/** A missing or damaged file is no harm: the run begins as if it were the first. */
export function readInstanceState(folder: string): InstanceState {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(pathOf(folder), 'utf8'));
  } catch {
    return NOTHING;
  }
  if (typeof value !== 'object' || value === null) return NOTHING;
  const { port, pid, startMark } = value as { port?: unknown; pid?: unknown; startMark?: unknown };
  return {
    port: typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536 ? port : null,
    owner: typeof pid === 'number' && typeof startMark === 'string' ? { pid, startMark } : null,
  };
}

export function writeInstanceState(folder: string, port: number): void {
  const path = pathOf(folder);
  const text = JSON.stringify({ port, pid: process.pid, startMark: startMarkOf(process.pid) });
  writeFileSync(`${path}.new`, `${text}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Whether the process that started Postgres is still there (and is not we). */
export const ownerLives = ({ owner }: InstanceState): boolean =>
  owner !== null && owner.pid !== process.pid && startMarkOf(owner.pid) === owner.startMark;
