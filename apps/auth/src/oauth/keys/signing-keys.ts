import { createPrivateKey, generateKeyPairSync, hash, type JsonWebKey } from 'node:crypto';
import type { SigningKey } from '@tollgate/contracts';
import type { EntityManager } from 'typeorm';
import type { OAuthSecrets } from './oauth-secrets.js';
import type { KeyTimes } from './plan-keys.js';

/** A key as Postgres has it, its private half opened. */
export interface StoredKey extends KeyTimes {
  readonly createdAt: number;
  readonly public: SigningKey;
  /** null where it cannot be opened any more: then it still verifies, but never signs. */
  readonly private: JsonWebKey | null;
}

interface KeyRow {
  readonly kid: string;
  readonly public_key: SigningKey;
  readonly sealed: Buffer;
  readonly sealed_with: string;
  readonly created_at: Date;
  readonly active_from: Date;
}

/** Newest first. */
export async function readKeys(manager: EntityManager, secrets: OAuthSecrets): Promise<readonly StoredKey[]> {
  const rows: KeyRow[] = await manager.query(
    'SELECT kid, public_key, sealed, sealed_with, created_at, active_from FROM auth.oauth_keys ORDER BY active_from DESC, kid',
  );
  return rows.map((row) => {
    const text = secrets.open(row.kid, row.sealed, row.sealed_with);
    return {
      kid: row.kid,
      activeFrom: row.active_from.getTime(),
      createdAt: row.created_at.getTime(),
      public: row.public_key,
      private: text === null ? null : (JSON.parse(text) as JsonWebKey),
    };
  });
}

/** P-256, named by its thumbprint (RFC 7638). */
export async function makeKey(manager: EntityManager, secrets: OAuthSecrets, now: number, activeFrom: number): Promise<string> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' })).export({ format: 'jwk' });
  const { x = '', y = '' } = jwk;
  const kid = hash('sha256', JSON.stringify({ crv: 'P-256', kty: 'EC', x, y }), 'base64url');
  const { sealed, with: sealedWith } = secrets.seal(kid, JSON.stringify(jwk));
  const published: SigningKey = { kid, kty: 'EC', crv: 'P-256', x, y };
  await manager.query(
    `INSERT INTO auth.oauth_keys (kid, public_key, sealed, sealed_with, created_at, active_from)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [kid, published, sealed, sealedWith, new Date(now), new Date(activeFrom)],
  );
  return kid;
}

export async function removeKeys(manager: EntityManager, kids: readonly string[]): Promise<void> {
  await manager.query('DELETE FROM auth.oauth_keys WHERE kid = ANY($1::text[])', [kids]);
}
