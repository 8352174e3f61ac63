import type { CredentialCheck } from '@tollgate/contracts';

/** For servers that speak OpenAI's format and that nobody has looked up: their list of models may be open to everybody. */
export const UNKNOWN_CHECK: CredentialCheck = Object.freeze({ method: 'GET', path: '/models', expect: 200, asksForKey: false });
