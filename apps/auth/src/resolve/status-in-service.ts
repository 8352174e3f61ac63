/**
 * The status of a key and of those whose it is: a key of an archived team, of a suspended organisation or user, or of a service account that
 * does not work is out of service until they are back.
 */
export const statusInService = (key: string): string => `
  CASE WHEN ${key}.status = 'active' AND (
    EXISTS (SELECT 1 FROM auth.organisations AS its_organisation
      WHERE its_organisation.id = ${key}.organisation_id AND its_organisation.status <> 'active')
    OR EXISTS (SELECT 1 FROM auth.teams AS its_team
      WHERE its_team.organisation_id = ${key}.organisation_id AND its_team.id = ${key}.team_id AND its_team.status <> 'active')
    OR (starts_with(${key}.owner_id, 'user_') AND NOT EXISTS (SELECT 1 FROM auth.members AS its_user
      WHERE its_user.organisation_id = ${key}.organisation_id AND its_user.user_id = ${key}.owner_id AND its_user.status = 'active'))
    OR (starts_with(${key}.owner_id, 'sa_') AND NOT EXISTS (SELECT 1 FROM auth.service_accounts AS its_account
      WHERE its_account.organisation_id = ${key}.organisation_id AND its_account.id = ${key}.owner_id AND its_account.status = 'active'))
  ) THEN 'suspended' ELSE ${key}.status END`;
