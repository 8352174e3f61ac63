import type { AuditKeyView } from '@tollgate/contracts';
import type { AuditKey } from '@tollgate/policy';
import type { EntityManager } from 'typeorm';

/** Keeps the public half: after a change of the key what was signed before can still be verified. */
export async function registerAuditKey(manager: EntityManager, key: AuditKey, now: number): Promise<void> {
  await manager.query(
    'INSERT INTO auth.audit_keys (id, public_key, first_used_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING',
    [key.id, key.publicKey, new Date(now)],
  );
}

/** Newest first; the key of this process comes from its own configuration, whatever the table says. */
export async function readAuditKeys(manager: EntityManager, active: AuditKey): Promise<readonly AuditKeyView[]> {
  const rows: { id: string; public_key: string; first_used_at: Date }[] = await manager.query(
    'SELECT id, public_key, first_used_at FROM auth.audit_keys ORDER BY first_used_at DESC, id LIMIT 1000',
  );
  return rows.map((row) => ({
    id: row.id,
    algorithm: 'Ed25519',
    public_key: row.id === active.id ? active.publicKey : row.public_key,
    first_used_at: row.first_used_at.toISOString(),
    active: row.id === active.id,
  }));
}
