import { AUDIT_OPERATIONS } from './audit.js';
import { MODEL_OPERATIONS } from './models.js';
import { defineOperations } from './operation.js';
import { ORGANISATION_OPERATIONS } from './organisations.js';
import { PROVIDER_OPERATIONS } from './providers.js';
import { ROTATION_OPERATIONS } from './rotation.js';
import { ROUTE_OPERATIONS } from './routes.js';
import { TOKEN_OPERATIONS } from './tokens.js';
import { USAGE_OPERATIONS } from './usage.js';

/** The management API of all services: what `/api/openapi.json` is made of. */
export const MANAGEMENT_OPERATIONS = defineOperations({
  ...TOKEN_OPERATIONS,
  ...ROTATION_OPERATIONS,
  ...ORGANISATION_OPERATIONS,
  ...AUDIT_OPERATIONS,
  ...PROVIDER_OPERATIONS,
  ...MODEL_OPERATIONS,
  ...ROUTE_OPERATIONS,
  ...USAGE_OPERATIONS,
});
