/** What went wrong between us and Postgres; `query` is everything that is a fault of the statement or its data. */
export type DatabaseFailureKind =
  | 'unreachable'
  | 'starting'
  | 'too_many_connections'
  | 'read_only'
  | 'untrusted'
  | 'no_tls'
  | 'missing_file'
  | 'wrong_password'
  | 'missing_database'
  | 'no_privilege'
  | 'query';

export interface DatabaseFailure {
  readonly kind: DatabaseFailureKind;
  /** SQLSTATE or Node's error code, null where the error carries none. */
  readonly code: string | null;
  readonly message: string;
}

const KIND_BY_CODE: Readonly<Record<string, DatabaseFailureKind>> = {
  ECONNREFUSED: 'unreachable',
  ECONNRESET: 'unreachable',
  EPIPE: 'unreachable',
  ETIMEDOUT: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  // https://www.postgresql.org/docs/18/errcodes-appendix.html
  '57P01': 'unreachable',
  '57P02': 'unreachable',
  '57P03': 'starting',
  '53300': 'too_many_connections',
  '25006': 'read_only',
  '28P01': 'wrong_password',
  '28000': 'wrong_password',
  '3D000': 'missing_database',
  '42501': 'no_privilege',
};

/** By Node and OpenSSL: who answers cannot be told, or it is somebody else. */
const CERTIFICATE_FAILURE = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH)/;

/** `pg` gives these no code. */
const UNREACHABLE_MESSAGE =
  /connection terminated|connection timeout|timeout exceeded when trying to connect|connection error and is not queryable|query read timeout|client was closed|connection ended/i;

/** Looks through TypeORM's wrapper, `AggregateError` (one entry per address tried) and `cause`. */
export function classifyDatabaseError(error: unknown): DatabaseFailure {
  let current: unknown = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    const known = classifyOne(current);
    if (known !== null) return known;
    current = innerError(current);
  }
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'query', code: codeOf(error), message };
}

/** True where Postgres is out of reach or cannot serve us now: the same statement can succeed later, unchanged. */
export function isConnectionError(error: unknown): boolean {
  const { kind } = classifyDatabaseError(error);
  return kind !== 'query' && kind !== 'no_privilege';
}

/** One line for an operator: what is wrong and what to do. Names the host and database, never the password. */
export function describeDatabaseFailure(error: unknown, url: string): string {
  const failure = classifyDatabaseError(error);
  const target = URL.canParse(url) ? new URL(url) : null;
  const host = target === null ? 'the address in DATABASE_URL' : `${target.hostname}:${target.port || '5432'}`;
  const database = target?.pathname.slice(1) || 'postgres';
  const user = target?.username || 'the user';
  switch (failure.kind) {
    case 'unreachable':
      return `Postgres is out of reach at ${host} (${failure.code ?? failure.message}): start it or mend DATABASE_URL.`;
    case 'starting':
      return `Postgres at ${host} is starting or shutting down: try again shortly.`;
    case 'too_many_connections':
      return `Postgres at ${host} has no connection left: raise its max_connections or run fewer processes.`;
    case 'read_only':
      return `Postgres at ${host} is read-only: point DATABASE_URL at the primary.`;
    case 'untrusted':
      return `Postgres at ${host} shows a certificate that is not trusted (${failure.message}): name its authority in DATABASE_URL (?sslmode=verify-full&sslrootcert=FILE), and the host that it is made for.`;
    case 'no_tls':
      return `Postgres at ${host} speaks no TLS: switch it on there (ssl = on), or take sslmode out of DATABASE_URL.`;
    case 'missing_file':
      return `A file that DATABASE_URL names cannot be read (${failure.message}): mend sslrootcert, sslcert or sslkey.`;
    case 'wrong_password':
      return `Postgres at ${host} refused the login of "${user}" (${failure.message}): mend user or password in DATABASE_URL.`;
    case 'missing_database':
      return `Postgres at ${host} has no database "${database}": create it (CREATE DATABASE ${database}) or mend DATABASE_URL.`;
    case 'no_privilege':
      return `Postgres user "${user}" may not do this in "${database}" (${failure.message}): GRANT CREATE ON DATABASE ${database} to it.`;
    case 'query':
      return `Postgres at ${host} refused a statement: ${failure.message}`;
  }
}

function classifyOne(error: Error): DatabaseFailure | null {
  const code = codeOf(error);
  if (code !== null) {
    const kind = KIND_BY_CODE[code] ?? kindOf(code, error);
    if (kind !== null) return { kind, code, message: error.message || code };
  }
  if (error.message.includes('does not support SSL')) return { kind: 'no_tls', code, message: error.message };
  if (UNREACHABLE_MESSAGE.test(error.message)) return { kind: 'unreachable', code, message: error.message };
  return null;
}

function kindOf(code: string, error: Error): DatabaseFailureKind | null {
  if (/^08...$/.test(code)) return 'unreachable';
  if (CERTIFICATE_FAILURE.test(code)) return 'untrusted';
  // Of files, only those that the URL names are read on the way to Postgres.
  return 'syscall' in error && (error.syscall === 'open' || error.syscall === 'read') ? 'missing_file' : null;
}

function innerError(error: Error): unknown {
  if ('driverError' in error) return error.driverError;
  if (error instanceof AggregateError) return error.errors[0];
  return error.cause;
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
