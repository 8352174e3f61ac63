import { Controller, Delete, Get, HttpCode, Inject, Patch, Post } from '@nestjs/common';
import {
  type ChangeServiceAccount,
  ChangeServiceAccountSchema,
  type ChangeTeam,
  ChangeTeamSchema,
  type ChangeUser,
  ChangeUserSchema,
  type CreatedUser,
  type CreateServiceAccount,
  CreateServiceAccountSchema,
  type CreateTeam,
  CreateTeamSchema,
  type CreateUser,
  CreateUserSchema,
  type ListServiceAccountsQuery,
  ListServiceAccountsQuerySchema,
  type ListTeamsQuery,
  ListTeamsQuerySchema,
  type ListUsersQuery,
  ListUsersQuerySchema,
  type Page,
  permissionsOfRole,
  ROLE_OPERATIONS,
  ROLES,
  type RoleView,
  SERVICE_ACCOUNT_OPERATIONS,
  type ServiceAccount,
  ServiceAccountIdSchema,
  TEAM_OPERATIONS,
  type Team,
  TeamIdSchema,
  USER_OPERATIONS,
  type User,
  UserIdSchema,
} from '@tollgate/contracts';
import { Permission, ZodBody, ZodParam, ZodQuery } from '@tollgate/nest';
import { type Act, CurrentAct } from '../changes/act.js';
import { PeopleService } from './people.service.js';

@Controller('api/v1/users')
export class UsersController {
  constructor(@Inject(PeopleService) private readonly people: PeopleService) {}

  @Get()
  @Permission(USER_OPERATIONS.listUsers)
  list(@CurrentAct() act: Act, @ZodQuery(ListUsersQuerySchema) query: ListUsersQuery): Promise<Page<User>> {
    return this.people.listUsers(act, query);
  }

  @Post()
  @Permission(USER_OPERATIONS.createUser)
  create(@CurrentAct() act: Act, @ZodBody(CreateUserSchema) body: CreateUser): Promise<CreatedUser> {
    return this.people.createUser(act, body);
  }

  @Get(':id')
  @Permission(USER_OPERATIONS.getUser)
  read(@CurrentAct() act: Act, @ZodParam('id', UserIdSchema) id: string): Promise<User> {
    return this.people.readUser(act, id);
  }

  @Patch(':id')
  @Permission(USER_OPERATIONS.changeUser)
  change(
    @CurrentAct() act: Act,
    @ZodParam('id', UserIdSchema) id: string,
    @ZodBody(ChangeUserSchema) body: ChangeUser,
  ): Promise<User> {
    return this.people.changeUser(act, id, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @Permission(USER_OPERATIONS.removeUser)
  remove(@CurrentAct() act: Act, @ZodParam('id', UserIdSchema) id: string): Promise<void> {
    return this.people.removeUser(act, id);
  }

  @Post(':id/reset-password')
  @HttpCode(200)
  @Permission(USER_OPERATIONS.resetPassword)
  resetPassword(@CurrentAct() act: Act, @ZodParam('id', UserIdSchema) id: string): Promise<CreatedUser> {
    return this.people.resetPassword(act, id);
  }

  @Post(':id/end-sessions')
  @HttpCode(200)
  @Permission(USER_OPERATIONS.endSessionsOfUser)
  endSessions(@CurrentAct() act: Act, @ZodParam('id', UserIdSchema) id: string): Promise<{ readonly ended: number }> {
    return this.people.endSessionsOfUser(act, id);
  }
}

@Controller('api/v1/teams')
export class TeamsController {
  constructor(@Inject(PeopleService) private readonly people: PeopleService) {}

  @Get()
  @Permission(TEAM_OPERATIONS.listTeams)
  list(@CurrentAct() act: Act, @ZodQuery(ListTeamsQuerySchema) query: ListTeamsQuery): Promise<Page<Team>> {
    return this.people.listTeams(act, query);
  }

  @Post()
  @Permission(TEAM_OPERATIONS.createTeam)
  create(@CurrentAct() act: Act, @ZodBody(CreateTeamSchema) body: CreateTeam): Promise<Team> {
    return this.people.createTeam(act, body);
  }

  @Get(':id')
  @Permission(TEAM_OPERATIONS.getTeam)
  read(@CurrentAct() act: Act, @ZodParam('id', TeamIdSchema) id: string): Promise<Team> {
    return this.people.readTeam(act, id);
  }

  @Patch(':id')
  @Permission(TEAM_OPERATIONS.changeTeam)
  change(
    @CurrentAct() act: Act,
    @ZodParam('id', TeamIdSchema) id: string,
    @ZodBody(ChangeTeamSchema) body: ChangeTeam,
  ): Promise<Team> {
    return this.people.changeTeam(act, id, body);
  }

  @Delete(':id')
  @Permission(TEAM_OPERATIONS.archiveTeam)
  archive(@CurrentAct() act: Act, @ZodParam('id', TeamIdSchema) id: string): Promise<Team> {
    return this.people.changeTeam(act, id, { status: 'archived' });
  }
}

@Controller('api/v1/service-accounts')
export class ServiceAccountsController {
  constructor(@Inject(PeopleService) private readonly people: PeopleService) {}

  @Get()
  @Permission(SERVICE_ACCOUNT_OPERATIONS.listServiceAccounts)
  list(
    @CurrentAct() act: Act,
    @ZodQuery(ListServiceAccountsQuerySchema) query: ListServiceAccountsQuery,
  ): Promise<Page<ServiceAccount>> {
    return this.people.listServiceAccounts(act, query);
  }

  @Post()
  @Permission(SERVICE_ACCOUNT_OPERATIONS.createServiceAccount)
  create(@CurrentAct() act: Act, @ZodBody(CreateServiceAccountSchema) body: CreateServiceAccount): Promise<ServiceAccount> {
    return this.people.createServiceAccount(act, body);
  }

  @Get(':id')
  @Permission(SERVICE_ACCOUNT_OPERATIONS.getServiceAccount)
  read(@CurrentAct() act: Act, @ZodParam('id', ServiceAccountIdSchema) id: string): Promise<ServiceAccount> {
    return this.people.readServiceAccount(act, id);
  }

  @Patch(':id')
  @Permission(SERVICE_ACCOUNT_OPERATIONS.changeServiceAccount)
  change(
    @CurrentAct() act: Act,
    @ZodParam('id', ServiceAccountIdSchema) id: string,
    @ZodBody(ChangeServiceAccountSchema) body: ChangeServiceAccount,
  ): Promise<ServiceAccount> {
    return this.people.changeServiceAccount(act, id, body);
  }

  @Delete(':id')
  @Permission(SERVICE_ACCOUNT_OPERATIONS.archiveServiceAccount)
  archive(@CurrentAct() act: Act, @ZodParam('id', ServiceAccountIdSchema) id: string): Promise<ServiceAccount> {
    return this.people.archiveServiceAccount(act, id);
  }
}

@Controller('api/v1/roles')
export class RolesController {
  @Get()
  @Permission(ROLE_OPERATIONS.listRoles)
  list(): { readonly data: readonly RoleView[] } {
    return { data: ROLES.map((name) => ({ name, permissions: [...permissionsOfRole(name)] })) };
  }
}
