import { ALERT_WEBHOOK_OPERATIONS } from './alert-webhook.js';
import { AUDIT_OPERATIONS } from './audit.js';
import { BUDGET_OPERATIONS } from './budgets.js';
import { INCIDENT_OPERATIONS } from './incidents.js';
import { LIMIT_OPERATIONS } from './limits.js';
import { MODEL_OPERATIONS } from './models.js';
import { OAUTH_OPERATIONS } from './oauth-clients.js';
import { defineOperations } from './operation.js';
import { ORGANISATION_OPERATIONS } from './organisations.js';
import { PROVIDER_OPERATIONS } from './providers.js';
import { ROLE_OPERATIONS } from './roles.js';
import { ROTATION_OPERATIONS } from './rotation.js';
import { ROUTE_OPERATIONS } from './routes.js';
import { SERVICE_ACCOUNT_OPERATIONS } from './service-accounts.js';
import { SESSION_OPERATIONS } from './sessions.js';
import { TEAM_OPERATIONS } from './teams.js';
import { TOKEN_OPERATIONS } from './tokens.js';
import { USAGE_OPERATIONS } from './usage.js';
import { USER_OPERATIONS } from './users.js';

/** The management API of all services: what `/api/openapi.json` is made of. */
export const MANAGEMENT_OPERATIONS = defineOperations({
  ...TOKEN_OPERATIONS,
  ...ROTATION_OPERATIONS,
  ...ORGANISATION_OPERATIONS,
  ...USER_OPERATIONS,
  ...TEAM_OPERATIONS,
  ...SERVICE_ACCOUNT_OPERATIONS,
  ...SESSION_OPERATIONS,
  ...ROLE_OPERATIONS,
  ...BUDGET_OPERATIONS,
  ...LIMIT_OPERATIONS,
  ...AUDIT_OPERATIONS,
  ...INCIDENT_OPERATIONS,
  ...ALERT_WEBHOOK_OPERATIONS,
  ...OAUTH_OPERATIONS,
  ...PROVIDER_OPERATIONS,
  ...MODEL_OPERATIONS,
  ...ROUTE_OPERATIONS,
  ...USAGE_OPERATIONS,
});
