import type { Token } from '@tollgate/contracts';
import type { AuditValue } from '@tollgate/policy';
import type { TokenRow, TokenSecretRow } from '../database/entities.js';
import { requestsOf } from './token-policy.js';

export interface ViewSettings {
  readonly brand: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The token as the API shows it: nothing that could be used to call. */
export function viewToken(row: TokenRow, secrets: readonly TokenSecretRow[], { brand, now }: ViewSettings): Token {
  const { policy } = row;
  const requests = requestsOf(policy)?.rate ?? null;
  return {
    id: row.id,
    public_id: row.publicId,
    display: `${brand}${row.type}_${row.environment}_${row.publicId}`,
    name: row.name,
    type: row.type === 'k' ? 'api_key' : 'management_key',
    environment: row.environment,
    status: statusOf(row, now),
    organisation_id: row.organisationId,
    team_id: row.teamId,
    owner_id: row.ownerId,
    parent_id: row.parentId,
    tags: row.tags,
    scopes: policy.scopes,
    models: policy.models,
    limits: {
      requests:
        requests === null ? null : { limit: requests.limit, period_seconds: requests.periodMs / 1_000, burst: requests.burst },
    },
    caps: {
      input_tokens: policy.caps.inputTokens,
      output_tokens: policy.caps.outputTokens,
      request_bytes: policy.caps.requestBytes,
    },
    addresses: policy.addresses,
    windows: policy.windows.map(({ timeZone, ...window }) => ({ ...window, time_zone: timeZone })),
    content_logging: policy.contentLogging,
    strict: policy.strict,
    secrets: secrets.map((secret) => ({
      id: secret.id,
      state: secret.state,
      created_at: secret.createdAt.toISOString(),
      expires_at: textOrNull(secret.expiresAt),
      last_used_at: textOrNull(secret.lastUsedAt),
    })),
    expires_at: textOrNull(row.expiresAt),
    idle_expiry_days: row.idleExpiryDays,
    last_used_at: textOrNull(lastUseOf(row, secrets)),
    created_by: row.createdBy,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
    revoked_at: textOrNull(row.revokedAt),
    revision: row.revision,
  };
}

/** What stays in the audit trail: the policy as it was decided. */
export const auditViewOf = (row: TokenRow): { readonly [key: string]: AuditValue } => ({
  name: row.name,
  type: row.type,
  environment: row.environment,
  status: row.status,
  teamId: row.teamId,
  ownerId: row.ownerId,
  parentId: row.parentId,
  tags: row.tags,
  expiresAt: textOrNull(row.expiresAt),
  idleExpiryDays: row.idleExpiryDays,
  policy: row.policy as unknown as AuditValue,
});

function statusOf(row: TokenRow, now: number): Token['status'] {
  if (row.status === 'revoked') return 'revoked';
  return row.expiresAt !== null && row.expiresAt.getTime() <= now ? 'expired' : row.status;
}

function lastUseOf(row: TokenRow, secrets: readonly TokenSecretRow[]): Date | null {
  const times = [row.lastUsedAt, ...secrets.map(({ lastUsedAt }) => lastUsedAt)].flatMap((time) => time?.getTime() ?? []);
  return times.length === 0 ? null : new Date(Math.max(...times));
}

const textOrNull = (time: Date | null): string | null => time?.toISOString() ?? null;
