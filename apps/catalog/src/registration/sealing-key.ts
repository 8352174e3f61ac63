import type { SealingKey } from '@tollgate/policy';
import type { Query } from '../store/session.js';

/** The adapters' public key as last heard by any replica; null before the first adapter has said hello. */
export async function readStoredSealingKey(query: Query): Promise<SealingKey | null> {
  const [row] = await query<{ id: string | null; key: string | null }>(
    'SELECT sealing_key_id AS id, sealing_public_key AS key FROM catalog.state',
  );
  return row?.id == null || row.key === null ? null : { id: row.id, publicKey: row.key };
}

export async function storeSealingKey(query: Query, key: SealingKey): Promise<void> {
  await query('UPDATE catalog.state SET sealing_key_id = $1, sealing_public_key = $2 WHERE sealing_key_id IS DISTINCT FROM $1', [
    key.id,
    key.publicKey,
  ]);
}
