import { HONEY_TAG, type WatchSighting } from '@tollgate/contracts';
import type { SentSecret } from '@tollgate/policy';
import type { EntityManager } from 'typeorm';
import type { FoundKey } from '../changes/raised.js';

/** A secret that somebody has sent: proven by its digest, or by the check that found it good. */
export interface ProvenSecret {
  readonly secretId: string;
  readonly secret: SentSecret;
  readonly key: FoundKey;
  readonly organisationId: string;
  readonly honey: boolean;
}

type Pointed = Exclude<WatchSighting, { kind: 'garbage' }>;

interface SecretRow {
  readonly position: number;
  readonly secret_id: string;
  readonly state: SentSecret['state'];
  readonly expires_at: Date | null;
  readonly id: string;
  readonly public_id: string;
  readonly name: string;
  readonly organisation_id: string;
  readonly key_status: SentSecret['keyStatus'];
  readonly key_expires_at: Date | null;
  readonly honey: boolean;
}

/**
 * The secrets behind sightings; null where nobody has, or had, such a secret: then the public id was all that was known, which
 * stands in logs and lists, and nothing may follow from it.
 */
export async function sentSecrets(
  manager: EntityManager,
  sightings: readonly Pointed[],
): Promise<readonly (ProvenSecret | null)[]> {
  const wishes = sightings.flatMap((sighting, position) => wishesOf(sighting, position));
  const found: (ProvenSecret | null)[] = sightings.map(() => null);
  if (wishes.length === 0) return found;
  const rows: SecretRow[] = await manager.query(
    `SELECT sent.position, secret.id AS secret_id, secret.state, secret.expires_at, token.id, token.public_id, token.name,
       token.organisation_id, token.status AS key_status, token.expires_at AS key_expires_at, $6 = ANY (token.tags) AS honey
     FROM unnest($1::int[], $2::text[], $3::text[], $4::int[], $5::text[]) AS sent (position, public_id, secret_id, version, digest)
     JOIN auth.tokens AS token ON token.public_id = sent.public_id
     JOIN auth.token_secrets AS secret ON secret.token_id = token.id
       AND (secret.id = sent.secret_id OR (secret.pepper_version = sent.version AND secret.digest = decode(sent.digest, 'hex')))`,
    [
      wishes.map(({ position }) => position),
      wishes.map(({ publicId }) => publicId),
      wishes.map(({ secretId }) => secretId),
      wishes.map(({ version }) => version),
      wishes.map(({ digest }) => digest),
      HONEY_TAG,
    ],
  );
  for (const row of rows) found[row.position] = provenOf(row);
  return found;
}

interface Wish {
  readonly position: number;
  readonly publicId: string;
  readonly secretId: string | null;
  readonly version: number;
  /** Hex; empty = none, which is the digest of nothing. */
  readonly digest: string;
}

function wishesOf(sighting: Pointed, position: number): readonly Wish[] {
  const { publicId, digests } = sighting;
  const secretId = sighting.kind === 'refused' ? sighting.secretId : null;
  if (secretId !== null) return [{ position, publicId, secretId, version: 0, digest: '' }];
  return digests.map(({ pepperVersion, digest }) => ({
    position,
    publicId,
    secretId,
    version: pepperVersion,
    digest: Buffer.from(digest, 'base64url').toString('hex'),
  }));
}

const provenOf = (row: SecretRow): ProvenSecret => ({
  secretId: row.secret_id,
  secret: {
    state: row.state,
    expiresAt: row.expires_at?.getTime() ?? null,
    keyStatus: row.key_status,
    keyExpiresAt: row.key_expires_at?.getTime() ?? null,
  },
  key: { id: row.id, publicId: row.public_id, name: row.name },
  organisationId: row.organisation_id,
  honey: row.honey,
});
