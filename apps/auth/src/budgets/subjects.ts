import { InvalidFieldsError } from '@tollgate/nest';
import type { Change } from '../changes/changes.js';

export interface Subject {
  readonly type: 'organisation' | 'team' | 'token';
  readonly id: string;
  /** Of a team's and of a token's own; null = of the whole organisation. */
  readonly teamId: string | null;
  /** Of a token, to tell routers. */
  readonly publicId: string | null;
}

const refuse = (pointer: string, detail: string): InvalidFieldsError => new InvalidFieldsError([{ pointer, detail }]);

/** The organisation of the act, or a team or a token in it; those of others do not exist. */
export async function findSubject(
  { manager, act }: Pick<Change, 'manager' | 'act'>,
  asked: { readonly type: Subject['type']; readonly id?: string | undefined },
): Promise<Subject> {
  const { organisationId } = act;
  if (asked.type === 'organisation') {
    if (asked.id !== undefined && asked.id !== organisationId) throw refuse('/subject/id', 'There is no such organisation.');
    return { type: 'organisation', id: organisationId, teamId: null, publicId: null };
  }
  if (asked.id === undefined) throw refuse('/subject/id', `The id of the ${asked.type} is missing.`);
  if (asked.type === 'team') {
    const rows: unknown[] = await manager.query('SELECT id FROM auth.teams WHERE id = $1 AND organisation_id = $2', [
      asked.id,
      organisationId,
    ]);
    if (rows.length === 0) throw refuse('/subject/id', 'There is no such team.');
    return { type: 'team', id: asked.id, teamId: asked.id, publicId: null };
  }
  const rows: { public_id: string }[] = await manager.query(
    "SELECT public_id FROM auth.tokens WHERE id = $1 AND organisation_id = $2 AND status <> 'revoked'",
    [asked.id, organisationId],
  );
  const [row] = rows;
  if (row === undefined) throw refuse('/subject/id', 'There is no such token.');
  return { type: 'token', id: asked.id, teamId: null, publicId: row.public_id };
}
