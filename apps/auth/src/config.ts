import { type EnvironmentOf, optionalText } from '@tollgate/kernel';
import { AUDIT_KEY_VARIABLE, TOKEN_BRAND_VARIABLE, TOKEN_PEPPER_VARIABLE, WEBHOOK_NETWORKS_VARIABLE } from '@tollgate/policy';
import { OAUTH_KEY_VARIABLE } from './oauth/keys/oauth-secrets.js';

/** What auth reads besides the common variables. */
export const AUTH_ENVIRONMENT = {
  peppers: TOKEN_PEPPER_VARIABLE,
  webhookNetworks: WEBHOOK_NETWORKS_VARIABLE,
  brand: TOKEN_BRAND_VARIABLE,
  oauthKey: OAUTH_KEY_VARIABLE,
  auditKey: AUDIT_KEY_VARIABLE,
  bootstrapFile: optionalText({
    name: 'TOLLGATE_BOOTSTRAP_FILE',
    purpose: 'Where the first start writes {"token", "admin"} as JSON (mode 0600), if it made the first organisation.',
    expected: 'a path in a folder that exists and can be written',
  }),
};

export type AuthConfig = EnvironmentOf<typeof AUTH_ENVIRONMENT>;
