import type { TokenSecretView } from '@tollgate/contracts';
import type { EntityManager } from 'typeorm';

/** Of the uses that are kept, so many are shown of each secret. */
const USES_SHOWN = 5;

interface SecretRow {
  readonly id: string;
  readonly state: TokenSecretView['state'];
  readonly created_at: Date;
  readonly activated_at: Date | null;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly last_used_at: Date | null;
  readonly uses_in_grace: string;
  readonly callers: readonly { readonly network: string; readonly user_agent: string; readonly last_used_at: string }[] | null;
}

/** Newest first. A grace that is over is shown as such, whether or not it has been swept. */
export async function listSecrets(manager: EntityManager, tokenId: string, now: number): Promise<readonly TokenSecretView[]> {
  const rows: SecretRow[] = await manager.query(
    `SELECT secret.id, secret.created_at, secret.activated_at, secret.expires_at, secret.last_used_at, secret.uses_in_grace,
       CASE WHEN secret.state = 'grace' AND secret.expires_at <= $2 THEN 'revoked' ELSE secret.state END AS state,
       CASE WHEN secret.state = 'grace' AND secret.expires_at <= $2 THEN secret.expires_at ELSE secret.revoked_at END AS revoked_at,
       (SELECT json_agg(json_build_object('network', caller.network, 'user_agent', caller.user_agent,
            'last_used_at', caller.last_used_at) ORDER BY caller.last_used_at DESC)
        FROM (SELECT * FROM auth.secret_callers AS one WHERE one.secret_id = secret.id
              ORDER BY one.last_used_at DESC LIMIT ${USES_SHOWN}) AS caller) AS callers
     FROM auth.token_secrets AS secret WHERE secret.token_id = $1 ORDER BY secret.id DESC LIMIT 100`,
    [tokenId, new Date(now)],
  );
  return rows.map((row) => ({
    id: row.id,
    state: row.state,
    created_at: row.created_at.toISOString(),
    activated_at: textOrNull(row.activated_at),
    expires_at: textOrNull(row.expires_at),
    revoked_at: textOrNull(row.revoked_at),
    last_used_at: textOrNull(row.last_used_at),
    uses_in_grace: Number(row.uses_in_grace),
    last_uses: (row.callers ?? []).map(({ network, user_agent, last_used_at }) => ({
      network: network === '' ? null : network,
      user_agent: user_agent === '' ? null : user_agent,
      last_used_at: new Date(last_used_at).toISOString(),
    })),
  }));
}

const textOrNull = (time: Date | null): string | null => time?.toISOString() ?? null;
