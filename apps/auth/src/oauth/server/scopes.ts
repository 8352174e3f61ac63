import { scopesBeyond } from '@tollgate/policy';

/** Scopes of OpenID Connect, which grant nothing at the gateway. */
const STATIC = new Set(['openid', 'offline_access']);

/** What was asked for, as far as it is held: word for word or under a pattern. Nothing asked = all that is held. */
export function grantedScopes(asked: string | undefined, held: readonly string[]): readonly string[] {
  const wanted = (asked ?? '').split(' ').filter((scope) => scope !== '' && !STATIC.has(scope));
  return wanted.length === 0 ? held : wanted.filter((scope) => scopesBeyond(held, [scope]).length === 0);
}

/** Asked for and not held. */
export function scopesRefused(asked: string | undefined, held: readonly string[]): readonly string[] {
  const granted = new Set(grantedScopes(asked, held));
  return (asked ?? '').split(' ').filter((scope) => scope !== '' && !STATIC.has(scope) && !granted.has(scope));
}
