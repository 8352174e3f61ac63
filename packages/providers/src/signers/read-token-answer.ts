import { fail, ok, type Result } from '@tollgate/kernel';
import { isFields, textField } from './json-fields.js';

export interface AccessToken {
  readonly token: string;
  readonly expiresAt: Date;
}

/** A token is given up this long before it ends, so that none ends on its way. */
const MARGIN_SECONDS = 60;
const LIFE_SECONDS_MAX = 86_400;

/**
 * Reads the answer of a token endpoint (RFC 6749, 5.1 and 5.2), Google's and Entra's alike. The error is for the log: the
 * code and description of the server, shortened, never a token.
 */
export function readTokenAnswer(status: number, body: string, now: Date): Result<AccessToken, string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return fail(`the token endpoint answered ${status} with no JSON`);
  }
  if (!isFields(parsed)) return fail(`the token endpoint answered ${status} with no JSON object`);
  const token = textField(parsed, 'access_token');
  if (status !== 200 || token === null) {
    const said = [textField(parsed, 'error'), textField(parsed, 'error_description')].filter((part) => part !== null).join(': ');
    return fail(`the token endpoint answered ${status}${said === '' ? '' : ` ${said.slice(0, 300)}`}`);
  }
  if (!/^[\x21-\x7e]+$/.test(token)) return fail('the token endpoint answered a token that cannot stand in a header');
  const seconds = Number(parsed['expires_in']);
  const life = Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, LIFE_SECONDS_MAX) : MARGIN_SECONDS;
  return ok({ token, expiresAt: new Date(now.getTime() + Math.max(0, life - MARGIN_SECONDS) * 1000) });
}
