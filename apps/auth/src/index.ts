import type { ServiceDefinition } from '@tollgate/nest';
import { authModule } from './app.module.js';
import { AUTH_ENVIRONMENT } from './config.js';
import { AuthAccess1764110000000 } from './database/auth-access-1764110000000.js';
import { AuthAlerts1764190000000 } from './database/auth-alerts-1764190000000.js';
import { AuthAudit1764100000000 } from './database/auth-audit-1764100000000.js';
import { AuthAuditRecords1764170000000 } from './database/auth-audit-records-1764170000000.js';
import { AuthMoney1764130000000 } from './database/auth-money-1764130000000.js';
import { AuthOAuth1764140000000 } from './database/auth-oauth-1764140000000.js';
import { AuthOrganisationStatus1764210000000 } from './database/auth-organisation-status-1764210000000.js';
import { AuthPeople1764120000000 } from './database/auth-people-1764120000000.js';
import { AuthRotation1764160000000 } from './database/auth-rotation-1764160000000.js';
import { AuthTokenOrders1764200000000 } from './database/auth-token-orders-1764200000000.js';
import { AuthWatching1764180000000 } from './database/auth-watching-1764180000000.js';
import { CreateAuth1764000000000 } from './database/create-auth-1764000000000.js';
import { AUTH_ENTITIES } from './database/entities.js';

export {
  bootstrapFirstOrganisation,
  type FirstOrganisationNeeds,
  type FirstSecrets,
} from './bootstrap/bootstrap-first-organisation.js';

/** Who may call: organisations, tokens, quotas, audit. */
export const authService: ServiceDefinition<typeof AUTH_ENVIRONMENT> = {
  name: 'auth',
  environment: AUTH_ENVIRONMENT,
  database: {
    schema: 'auth',
    entities: AUTH_ENTITIES,
    migrations: [
      CreateAuth1764000000000,
      AuthAudit1764100000000,
      AuthAccess1764110000000,
      AuthPeople1764120000000,
      AuthMoney1764130000000,
      AuthOAuth1764140000000,
      AuthRotation1764160000000,
      AuthAuditRecords1764170000000,
      AuthWatching1764180000000,
      AuthAlerts1764190000000,
      AuthTokenOrders1764200000000,
      AuthOrganisationStatus1764210000000,
    ],
  },
  module: authModule,
};
