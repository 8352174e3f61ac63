import { hash } from 'node:crypto';
import type { EntityManager } from 'typeorm';

/** What the library keeps of a code, a refresh token, a session; never what its holder presents. */
export type Payload = Record<string, unknown>;

const idHash = (id: string): Buffer => hash('sha256', id, 'buffer');
const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Writes or replaces. `fresh`: false where it was there before, and is left as it was. */
export async function putArtefact(
  manager: EntityManager,
  model: string,
  id: string,
  payload: Payload,
  expiresAt: Date,
  fresh = false,
): Promise<boolean> {
  const { jti: _secret, ...kept } = payload;
  const rows: unknown[] = await manager.query(
    `INSERT INTO auth.oauth_artefacts AS artefact (model, id_hash, payload, grant_id, uid, expires_at)
     VALUES ($1, $2, $3::jsonb, $4, $5, $6)
     ON CONFLICT (model, id_hash) DO ${
       fresh
         ? 'NOTHING'
         : 'UPDATE SET payload = excluded.payload, grant_id = excluded.grant_id, uid = excluded.uid, expires_at = excluded.expires_at'
     } RETURNING 1`,
    [model, idHash(id), JSON.stringify(kept), textOrNull(payload['grantId']), textOrNull(payload['uid']), expiresAt],
  );
  return rows.length > 0;
}

interface ArtefactRow {
  readonly payload: Payload;
  readonly consumed: string | null;
}
const COLUMNS = 'payload, extract(epoch FROM consumed_at)::bigint AS consumed';

const payloadOf = (row: ArtefactRow | undefined): Payload | undefined =>
  row === undefined ? undefined : { ...row.payload, ...(row.consumed === null ? {} : { consumed: Number(row.consumed) }) };

export async function findArtefact(manager: EntityManager, model: string, id: string, now: Date): Promise<Payload | undefined> {
  const rows: ArtefactRow[] = await manager.query(
    `SELECT ${COLUMNS} FROM auth.oauth_artefacts WHERE model = $1 AND id_hash = $2 AND expires_at > $3`,
    [model, idHash(id), now],
  );
  const payload = payloadOf(rows[0]);
  return payload === undefined ? undefined : { ...payload, jti: id };
}

export async function findArtefactByUid(
  manager: EntityManager,
  model: string,
  uid: string,
  now: Date,
): Promise<Payload | undefined> {
  const rows: ArtefactRow[] = await manager.query(
    `SELECT ${COLUMNS} FROM auth.oauth_artefacts WHERE model = $1 AND uid = $2 AND expires_at > $3`,
    [model, uid, now],
  );
  return payloadOf(rows[0]);
}

/** true for exactly one of all who ask. */
export async function consumeArtefact(manager: EntityManager, model: string, id: string, now: Date): Promise<boolean> {
  const [, count]: [unknown, number] = await manager.query(
    'UPDATE auth.oauth_artefacts SET consumed_at = $3 WHERE model = $1 AND id_hash = $2 AND consumed_at IS NULL',
    [model, idHash(id), now],
  );
  return count === 1;
}

export async function dropArtefact(manager: EntityManager, model: string, id: string): Promise<void> {
  await manager.query('DELETE FROM auth.oauth_artefacts WHERE model = $1 AND id_hash = $2', [model, idHash(id)]);
}

/** Codes and refresh tokens of a grant, used ones as well, and the grant itself. */
export async function dropArtefactsOfGrant(manager: EntityManager, grantId: string): Promise<void> {
  await manager.query("DELETE FROM auth.oauth_artefacts WHERE grant_id = $1 OR (model = 'Grant' AND id_hash = $2)", [
    grantId,
    idHash(grantId),
  ]);
}

/** Browsers in which the user has signed in to grant something; what they granted stays. */
export async function dropSignInsOf(manager: EntityManager, userId: string): Promise<void> {
  await manager.query("DELETE FROM auth.oauth_artefacts WHERE model = 'Session' AND payload ->> 'accountId' = $1", [userId]);
}
