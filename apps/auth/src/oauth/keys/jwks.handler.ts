import { Controller, Inject } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { DATA_PLANE_RESOURCE_PATH, type DeniedJwt, type JwksReply, type SigningKey, SUBJECTS } from '@tollgate/contracts';
import { PUBLIC_URL } from '@tollgate/nest';
import type { PoolClient } from 'pg';
import { ControlPool, STALE } from '../../database/control-pool.js';

interface JwksRow {
  readonly sequence: string;
  readonly keys: readonly SigningKey[];
  readonly denied: readonly DeniedJwt[];
}

/** One statement, and so one moment of keys, denied tokens and feed. */
async function readJwks(client: PoolClient): Promise<JwksRow | undefined> {
  const { rows } = await client.query<JwksRow>({
    name: 'read-jwks',
    text: `SELECT counter.sequence,
             COALESCE((SELECT json_agg(public_key) FROM auth.oauth_keys), '[]'::json) AS keys,
             COALESCE((SELECT json_agg(json_build_object('jti', jti, 'expiresAt', (extract(epoch FROM expires_at) * 1000)::bigint))
               FROM auth.oauth_denied_jwts WHERE expires_at > now()), '[]'::json) AS denied
           FROM auth.feed_counter AS counter`,
  });
  return rows[0];
}

/** What a router checks access tokens with. */
@Controller()
export class JwksHandler {
  constructor(
    @Inject(ControlPool) private readonly pool: ControlPool,
    @Inject(PUBLIC_URL) private readonly issuer: string,
  ) {}

  @MessagePattern(SUBJECTS.jwks)
  async read(): Promise<JwksReply> {
    const row = await this.pool.run(readJwks);
    if (row === STALE || row === undefined) return { status: 'stale' };
    return {
      status: 'found',
      sequence: Number(row.sequence),
      issuer: this.issuer,
      audiences: [this.issuer + DATA_PLANE_RESOURCE_PATH],
      keys: [...row.keys],
      denied: [...row.denied],
    };
  }
}
