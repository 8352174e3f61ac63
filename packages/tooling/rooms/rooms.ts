/** What a room may do. The arrows of the house, as a table; `check-rooms.ts` holds the code to it. */
export interface Room {
  /** Workspaces that it may import. */
  readonly mayImport: readonly string[];
  /** Decides only: no input or output, no clock, no environment. */
  readonly pure: boolean;
}

const pure = (...mayImport: string[]): Room => ({ mayImport, pure: true });
const io = (...mayImport: string[]): Room => ({ mayImport, pure: false });

const PURE = ['kernel', 'contracts', 'dialects', 'providers', 'policy'];
const SERVICE = [...PURE, 'transport', 'database', 'telemetry', 'nest'];

export const ROOMS: Readonly<Record<string, Room>> = {
  'packages/kernel': pure(),
  'packages/contracts': pure('kernel'),
  'packages/dialects': pure('kernel', 'contracts'),
  'packages/providers': pure('kernel', 'contracts'),
  'packages/policy': pure('kernel', 'contracts'),
  'packages/transport': io('kernel'),
  'packages/database': io(),
  'packages/telemetry': io('kernel'),
  'packages/nest': io('kernel', 'contracts', 'policy', 'transport', 'database', 'telemetry'),
  'packages/testing': io(...PURE, 'transport', 'database', 'telemetry'),
  'packages/tooling': io(),
  'apps/auth': io(...SERVICE),
  'apps/catalog': io(...SERVICE),
  'apps/router': io(...SERVICE.filter((name) => name !== 'database')),
  'apps/provider-adapters': io(...SERVICE.filter((name) => name !== 'database')),
  'apps/analytics': io(...SERVICE),
  'apps/cli': io('policy'),
  'apps/standalone': io(...SERVICE, 'auth', 'catalog', 'router', 'provider-adapters', 'analytics'),
  test: io('testing', 'kernel', 'contracts', 'policy', 'providers', 'transport', 'database'),
};

/** Workspaces that only tests may import, from any room. */
export const TEST_ONLY = ['testing'];

/** Outside packages that a pure room must not touch. */
export const NOT_IN_PURE = [
  /^@nestjs\//,
  /^typeorm$/,
  /^@nats-io\//,
  /^undici$/,
  /^node:(fs|net|http|https|child_process|cluster|worker_threads|dns|tls)/,
];

/** Words that a pure room must not contain: time and randomness are arguments there. */
export const WORDS_NOT_IN_PURE = [
  /\bprocess\.env\b/,
  /\bDate\.now\(/,
  /\bMath\.random\(/,
  /\bnew Date\(\)/,
  /\bperformance\.now\(/,
  /\bsetTimeout\(/,
  /\bsetInterval\(/,
];

/** A name that only these rooms may import from policy: opening a sealed credential. */
export const RESERVED_NAMES: Readonly<Record<string, readonly string[]>> = {
  openSecret: ['apps/provider-adapters', 'packages/policy'],
};

/** A file over so many lines needs an ADR and a line in `LONG_FILES`. */
export const LINES_MAX = 400;
export const LONG_FILES: readonly string[] = [];
