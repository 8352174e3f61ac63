import { Refusal, type RefusalDetails } from './refusal.js';
import type { Call } from './vendor.js';

/** The token of `Authorization: Bearer`, null where there is none. */
export function readBearer(call: Call): string | null {
  const [, token] = /^Bearer +(\S+)$/i.exec(call.headers.authorization ?? '') ?? [];
  return token ?? null;
}

export function checkBearer(
  call: Call,
  expected: string,
  says: { missing: string; wrong: string },
  details: RefusalDetails = {},
): void {
  const token = readBearer(call);
  if (token === null) throw new Refusal('unauthenticated', says.missing, details);
  if (token !== expected) throw new Refusal('unauthenticated', says.wrong, details);
}
