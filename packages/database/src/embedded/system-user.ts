import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';

/** Whom Postgres runs as. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

/** Postgres refuses to run as root; these are looked for in this order, and the first is made where none is there. */
const CANDIDATES = ['postgres', 'tollgate', 'nobody'] as const;

/**
 * Null where the process is not root: Postgres then runs as the same user. For root: the owner of data that is there
 * already, otherwise `postgres` (made as a system account where the machine has none), at last `nobody`.
 */
export function systemUserFor(dataPath: string): SystemUser | null {
  if (process.getuid?.() !== 0) return null;
  const owner = ownerOf(dataPath);
  if (owner !== null && owner.uid !== 0) return { ...owner, name: `uid ${owner.uid}` };
  const known = lookUp('postgres') ?? lookUp('tollgate');
  if (known !== null) return known;
  // Debian, Fedora; then Alpine's busybox. `initdb` looks its user up, so a bare number would not do.
  spawnSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres']);
  if (lookUp('postgres') === null) spawnSync('adduser', ['-S', '-D', '-H', 'postgres']);
  for (const name of CANDIDATES) {
    const user = lookUp(name);
    if (user !== null) return user;
  }
  throw new Error('Postgres does not run as root and no other user could be found or made: start as an ordinary user.');
}

function ownerOf(path: string): { readonly uid: number; readonly gid: number } | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? null : { uid: stats.uid, gid: stats.gid };
}

function lookUp(name: string): SystemUser | null {
  let text: string;
  try {
    text = readFileSync('/etc/passwd', 'utf8');
  } catch {
    return null;
  }
  for (const line of text.split('\n')) {
    const [user, , uid, gid] = line.split(':');
    if (user === name && uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid), name };
  }
  return null;
}
