import { EmailSchema } from '@tollgate/contracts';
import { type EnvironmentOf, optionalText, type VariableSpec } from '@tollgate/kernel';
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
    purpose:
      'Where the first start writes {"token", "admin"} (and the owner, if one was asked for) as JSON (mode 0600), if it made the first organisation.',
    expected: 'a path in a folder that exists and can be written',
  }),
  ownerEmail: ownerEmailVariable(),
};

export type AuthConfig = EnvironmentOf<typeof AUTH_ENVIRONMENT>;

function ownerEmailVariable(): VariableSpec<string | null> {
  return {
    name: 'TOLLGATE_OWNER_EMAIL',
    purpose:
      'Whom the first start makes the owner of the first organisation, with a random first password. Unset: nobody can sign in yet.',
    expected: 'an email address',
    fallback: null,
    parse: (text) => EmailSchema.safeParse(text).data ?? null,
  };
}
