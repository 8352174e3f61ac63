import { TollgateError } from '@tollgate/kernel';
import { InvalidFieldsError } from '@tollgate/nest';
import type { Act } from '../changes/act.js';
import type { Change } from '../changes/changes.js';

/** Something new for that team (null: for the organisation): one of another organisation does not exist, and others' teams are out of reach. */
export async function assertTeamInReach({ manager, act }: Change, teamId: string | null, pointer = '/team_id'): Promise<void> {
  assertAmongTeams(act, teamId);
  if (teamId === null) return;
  const known: unknown[] = await manager.query('SELECT 1 FROM auth.teams WHERE organisation_id = $1 AND id = $2', [
    act.organisationId,
    teamId,
  ]);
  if (known.length === 0) throw new InvalidFieldsError([{ pointer, detail: 'There is no such team.' }]);
}

export function assertAmongTeams({ teams }: Act, teamId: string | null): void {
  if (teams === null || (teamId !== null && teams.includes(teamId))) return;
  throw new TollgateError(
    'permission_denied',
    `You may do this for your teams only: give one of ${teams.join(', ')} as team_id.`,
  );
}
