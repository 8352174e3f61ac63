import type { ClientMetadata } from 'oidc-provider';
import type { ClientRow } from '../clients/client-row.js';
import { isUsable } from '../clients/renew-secret.js';

/** Rides on the library's client: what the server needs of ours. */
export interface ClientExtra {
  readonly organisationId: string;
  readonly publicId: string;
  readonly scopes: readonly string[];
  /** Digests, base64url, of the secrets that are usable now. */
  readonly secrets: readonly { readonly digest: string; readonly pepperVersion: number; readonly expiresAt: number | null }[];
}
export const CLIENT_EXTRA = 'tollgate';

/** The one place where our client becomes the library's. null where it may do nothing (suspended, revoked, expired). */
export function clientMetadata(client: ClientRow, placeholder: string, now: number): ClientMetadata | null {
  const { token } = client;
  if (token.status !== 'active' || (token.expiresAt !== null && token.expiresAt.getTime() <= now)) return null;
  const code = client.grantTypes.includes('authorization_code');
  const extra: ClientExtra = {
    organisationId: client.organisationId,
    publicId: token.publicId,
    scopes: token.policy.scopes,
    secrets: client.secrets
      .filter((secret) => isUsable(secret, now))
      .map(({ digest, pepperVersion, expiresAt }) => ({
        digest: digest.toString('base64url'),
        pepperVersion,
        expiresAt: expiresAt?.getTime() ?? null,
      })),
  };
  return {
    client_id: client.id,
    client_name: token.name,
    grant_types: code ? [...client.grantTypes, 'refresh_token'] : [...client.grantTypes],
    response_types: code ? ['code'] : [],
    redirect_uris: [...client.redirectUris],
    token_endpoint_auth_method: client.authMethod,
    application_type: isNative(client) ? 'native' : 'web',
    // The library wants one; nothing is ever compared with it.
    ...(client.authMethod.startsWith('client_secret') ? { client_secret: placeholder } : {}),
    ...(client.jwks === null ? {} : { jwks: { keys: client.jwks.keys.map((key) => ({ ...key })) } }),
    [CLIENT_EXTRA]: extra,
  } as unknown as ClientMetadata;
}

/** A program on the user's own machine: any port of the loopback address will do (RFC 8252, section 7.3), and it always asks. */
const isNative = ({ authMethod, redirectUris }: ClientRow): boolean =>
  authMethod === 'none' &&
  redirectUris.length > 0 &&
  redirectUris.every((uri) => /^http:\/\/(127\.0\.0\.1|\[::1\])[:/]/.test(uri));
