/** RFC 8414. */
export const METADATA = '/.well-known/oauth-authorization-server';
/** OpenID Connect Discovery 1.0. */
export const DISCOVERY = '/.well-known/openid-configuration';
