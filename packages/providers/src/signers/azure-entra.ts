import { fail, ok, type Result } from '@tollgate/kernel';
import { isFields, textField } from './json-fields.js';

/** An application registered in Entra, with one of its client secrets. */
export interface EntraClient {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export const AZURE_COGNITIVE_SCOPE = 'https://cognitiveservices.azure.com/.default';

const TENANT = /^[A-Za-z0-9][A-Za-z0-9.-]{0,127}$/;

/** Reads `{"tenant_id", "client_id", "client_secret"}`; the error never holds the secret. */
export function readEntraClient(text: string): Result<EntraClient, string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return fail('the credential of Entra is not JSON');
  }
  if (!isFields(parsed)) return fail('the credential of Entra is not a JSON object');
  const tenantId = textField(parsed, 'tenant_id');
  const clientId = textField(parsed, 'client_id');
  const clientSecret = textField(parsed, 'client_secret');
  if (tenantId === null || clientId === null || clientSecret === null) {
    return fail('the credential of Entra lacks tenant_id, client_id or client_secret');
  }
  if (!TENANT.test(tenantId)) return fail('tenant_id is neither the id nor a domain of a tenant');
  return ok({ tenantId, clientId, clientSecret });
}

/** The POST that buys an access token. https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#get-a-token */
export function entraTokenRequest(client: EntraClient, scope: string): { readonly url: string; readonly body: string } {
  return {
    url: `https://login.microsoftonline.com/${client.tenantId}/oauth2/v2.0/token`,
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: client.clientId,
      client_secret: client.clientSecret,
      scope,
    }).toString(),
  };
}
