import { readFileSync } from 'node:fs';

/**
 * Something that two processes of the same pid do not share: the start time that Linux keeps (field 22 of
 * `/proc/<pid>/stat`). Null where there is no such process; 'alive' where the system tells no more than that.
 */
export function processMark(pid: number): string | null {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return null;
  }
  if (process.platform !== 'linux') return 'alive';
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; only its parent has not looked yet.
    return fields[0] === 'Z' ? null : (fields[19] ?? 'alive');
  } catch {
    return null;
  }
}
