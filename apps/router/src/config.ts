import { booleanVariable, type EnvironmentOf, integerVariable, textVariable, urlVariable } from '@tollgate/kernel';
import { TOKEN_BRAND_VARIABLE, TOKEN_PEPPER_VARIABLE } from '@tollgate/policy';

const MEBIBYTE = 1024 * 1024;

/** All that the router reads, beside the common variables of every service. */
export const ROUTER_ENVIRONMENT = {
  peppers: TOKEN_PEPPER_VARIABLE,
  brand: TOKEN_BRAND_VARIABLE,
  authUrl: urlVariable<string | null>({
    name: 'TOLLGATE_AUTH_URL',
    purpose: 'Where auth is asked about tokens while the message bus is out of reach, so that revoked ones are refused then too.',
    protocols: ['http:', 'https:'],
    fallback: null,
  }),
  spoolDirectory: textVariable({
    name: 'TOLLGATE_SPOOL_DIR',
    purpose: 'Folder for usage records that analytics has not stored yet; must survive the process, shared by none but routers.',
    expected: 'a folder that can be written to',
    fallback: '.tollgate/spool',
  }),
  spoolBytesMax: integerVariable({
    name: 'TOLLGATE_SPOOL_MAX_BYTES',
    purpose: 'Size of the spool from which on new calls are refused, because their usage could be lost.',
    min: MEBIBYTE,
    max: 1_000_000_000_000,
    fallback: 1024 * MEBIBYTE,
  }),
  spoolSync: booleanVariable({
    name: 'TOLLGATE_SPOOL_FSYNC',
    purpose: 'Flushes the spool to the disk at each write: records survive a power cut too, calls cost more.',
    fallback: false,
  }),
  tokensMax: integerVariable({
    name: 'TOLLGATE_TOKEN_CACHE_ENTRIES',
    purpose: 'Tokens that a router keeps in memory.',
    min: 1,
    max: 10_000_000,
    fallback: 50_000,
  }),
  outageGraceMs: integerVariable({
    name: 'TOLLGATE_OUTAGE_GRACE_MS',
    purpose: 'How long after its last check a token is served while auth is out of reach; such calls are flagged.',
    min: 0,
    max: 86_400_000,
    fallback: 900_000,
  }),
  bodyBytesMax: integerVariable({
    name: 'TOLLGATE_BODY_MAX_BYTES',
    purpose: 'Longest body of a call.',
    min: 1024,
    max: 32 * MEBIBYTE,
    fallback: 32 * MEBIBYTE,
  }),
  bodyMs: integerVariable({
    name: 'TOLLGATE_BODY_TIMEOUT_MS',
    purpose: 'How long the body of a call may pause while it arrives.',
    min: 100,
    max: 300_000,
    fallback: 20_000,
  }),
  callsMax: integerVariable({
    name: 'TOLLGATE_ROUTER_CALLS_MAX',
    purpose: 'Calls that one router has under way at once; more are refused.',
    min: 1,
    max: 1_000_000,
    fallback: 10_000,
  }),
  pingMs: integerVariable({
    name: 'TOLLGATE_STREAM_PING_MS',
    purpose: 'A stream that is silent for so long gets an SSE comment, so that nothing on the way closes it.',
    min: 100,
    max: 3_600_000,
    fallback: 15_000,
  }),
};
export type RouterConfig = EnvironmentOf<typeof ROUTER_ENVIRONMENT>;
