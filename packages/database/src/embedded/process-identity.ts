import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';

/** When a process started, as a text that differs between two processes of one pid; null where there is none (or a zombie). */
export function startMarkOf(pid: number): string | null {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The name in brackets may hold spaces: count fields from the last bracket. Field 3 = state, field 22 = start time.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' || fields[0] === 'X' ? null : `${bootId()}:${fields[19]}`;
    } catch {
      return null;
    }
  }
  if (process.platform === 'win32') return isAlive(pid) ? 'alive' : null;
  const text = ps(pid, 'lstart=');
  return text === '' ? null : text;
}

/** Whether the process is a Postgres server on this data folder; a pid in a file may belong to anyone by now. */
export function isPostmasterOf(pid: number, dataPath: string): boolean {
  if (startMarkOf(pid) === null) return false;
  if (process.platform === 'linux') {
    try {
      // A server makes its data folder its working directory, so this also holds where `-D` was relative.
      const name = basename(readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ''));
      return name === 'postgres' && readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataPath);
    } catch {
      return isNamedPostgres(pid);
    }
  }
  if (process.platform === 'win32') return true;
  return ps(pid, 'command=').includes(dataPath);
}

/** Server processes on this data folder, also those that a killed postmaster has left behind. Empty where there is no procfs. */
export function serverProcessesOf(dataPath: string): readonly number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && worksIn(pid, dataPath) && isPostmasterOf(pid, dataPath));
}

function worksIn(pid: number, dataPath: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataPath);
  } catch {
    return false;
  }
}

/** Another user's process hides its links; its command line is open. */
function isNamedPostgres(pid: number): boolean {
  try {
    const [command] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return command !== undefined && basename(command).startsWith('postgres');
  } catch {
    return false;
  }
}

/** Start times count from the boot: the same number after a reboot is another process. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

const ps = (pid: number, column: string): string =>
  (spawnSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '').trim();

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
