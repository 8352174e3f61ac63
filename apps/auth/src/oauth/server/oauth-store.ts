import { Inject, Injectable } from '@nestjs/common';
import { ACCESS_TOKEN_MS_MAX, DATA_PLANE_RESOURCE_PATH, OAuthClientIdSchema } from '@tollgate/contracts';
import type { Clock } from '@tollgate/kernel';
import { CLOCK, dataSourceToken, LOGGER, PUBLIC_URL } from '@tollgate/nest';
import type { Logger } from '@tollgate/telemetry';
import type { DataSource } from 'typeorm';
import { type Act, systemAct } from '../../changes/act.js';
import { Changes } from '../../changes/changes.js';
import { ControlPool } from '../../database/control-pool.js';
import { type ClientRow, readClient } from '../clients/client-row.js';
import { type GrantRow, readGrant } from '../grants/grant-row.js';
import { type GrantEnd, revokeGrant } from '../grants/revoke-grant.js';

/** What the flows read and change of ours, besides what the library keeps. */
@Injectable()
export class OAuthStore {
  constructor(
    @Inject(dataSourceToken('auth')) readonly dataSource: DataSource,
    @Inject(ControlPool) readonly pool: ControlPool,
    @Inject(Changes) private readonly changes: Changes,
    @Inject(CLOCK) readonly clock: Clock,
    @Inject(PUBLIC_URL) readonly issuer: string,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Audience of access tokens for the data plane. */
  get resource(): string {
    return this.issuer + DATA_PLANE_RESOURCE_PATH;
  }

  /** What is no id of a client, whatever a request holds in its place, is never looked up. */
  async client(id: string): Promise<ClientRow | null> {
    return OAuthClientIdSchema.safeParse(id).success ? readClient(this.dataSource.manager, id, null) : null;
  }

  grant(id: string): Promise<GrantRow | null> {
    return readGrant(this.dataSource.manager, id, null);
  }

  /** Safe to call again. A reuse is an alarm: somebody has a token that is not theirs. */
  async endGrant(id: string, end: GrantEnd, place: OAuthPlace): Promise<void> {
    const grant = await this.grant(id);
    if (grant === null) return;
    if (end !== 'revoked') {
      this.logger.warn(
        { grantId: id, clientId: grant.clientId, userId: grant.userId, reason: end },
        'a grant was misused and ends',
      );
    }
    await this.changes.run(oauthAct(grant.organisationId, grant.clientId, place), (change) => revokeGrant(change, id, null, end));
  }

  /** Refused at every router from now on, although it has not expired. */
  async denyJwt(jti: string, organisationId: string, clientId: string, place: OAuthPlace): Promise<void> {
    await this.changes.run(oauthAct(organisationId, clientId, place), async (change) => {
      const expiresAt = change.now + ACCESS_TOKEN_MS_MAX;
      const added: unknown[] = await change.manager.query(
        'INSERT INTO auth.oauth_denied_jwts (jti, expires_at) VALUES ($1, $2) ON CONFLICT (jti) DO NOTHING RETURNING 1',
        [jti, new Date(expiresAt)],
      );
      if (added.length === 0) return;
      change.audit({
        action: 'oauth_access_token.revoked',
        target: { type: 'oauth_access_token', id: jti, name: null },
        before: null,
        after: { clientId },
      });
      change.announce('', 'jwt_denied', { jti, expiresAt });
    });
  }
}

export type OAuthPlace = Pick<Act, 'requestId' | 'ip' | 'userAgent'>;
export const NOWHERE: OAuthPlace = { requestId: null, ip: null, userAgent: null };

/** The server acts for a client. */
export const oauthAct = (organisationId: string, clientId: string, place: OAuthPlace): Act => {
  const act = systemAct(organisationId, 'oauth-server');
  return { ...act, ...place, actor: { ...act.actor, onBehalfOf: clientId } };
};
