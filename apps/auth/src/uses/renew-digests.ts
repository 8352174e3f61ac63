import type { TokenUse } from '@tollgate/contracts';
import { type Pepper, verifyRenewal } from '@tollgate/policy';
import type { EntityManager } from 'typeorm';
import { appendFeed } from '../changes/append-feed.js';

type Renewal = NonNullable<TokenUse['renewed']> & { readonly secretId: string };

/**
 * Puts digests under the current pepper in the place of older ones, and tells the routers. No change of what anybody may do, and
 * so nothing for the audit trail. One that is not proven, or whose digest has changed meanwhile, is passed over.
 */
export async function renewDigests(manager: EntityManager, uses: readonly TokenUse[], current: Pepper): Promise<number> {
  const renewals = uses.flatMap(({ secretId, renewed }): Renewal[] =>
    renewed !== undefined && verifyRenewal(current, { ...renewed, secretId }, renewed.proof) ? [{ ...renewed, secretId }] : [],
  );
  const announced = new Set<string>();
  for (const { secretId, digest, pepperVersion, replaces } of renewals.sort((a, b) => (a.secretId < b.secretId ? -1 : 1))) {
    const bytes = Buffer.from(digest, 'base64url');
    if (bytes.length !== 32) continue;
    const rows: [{ public_id: string }[], number] = await manager.query(
      `UPDATE auth.token_secrets AS secret SET digest = $2, pepper_version = $3
       FROM auth.tokens AS token
       WHERE secret.id = $1 AND secret.digest = $4 AND secret.pepper_version <> $3 AND token.id = secret.token_id
       RETURNING token.public_id`,
      [secretId, bytes, pepperVersion, Buffer.from(replaces, 'base64url')],
    );
    for (const { public_id } of rows[0]) announced.add(public_id);
  }
  await appendFeed(
    manager,
    [...announced].map((publicId) => ({ publicId, kind: 'changed' })),
  );
  return announced.size;
}
