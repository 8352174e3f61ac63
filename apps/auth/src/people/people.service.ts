import { Inject, Injectable } from '@nestjs/common';
import type {
  ChangeServiceAccount,
  ChangeTeam,
  ChangeUser,
  CreatedUser,
  CreateServiceAccount,
  CreateTeam,
  CreateUser,
  ListServiceAccountsQuery,
  ListTeamsQuery,
  ListUsersQuery,
  Page,
  ServiceAccount,
  Team,
  User,
} from '@tollgate/contracts';
import type { RandomBytes } from '@tollgate/kernel';
import { RANDOM_BYTES } from '@tollgate/nest';
import type { Act } from '../changes/act.js';
import { Changes } from '../changes/changes.js';
import { changeUser, endSessionsOfUser, removeUser, resetPassword } from './change-user.js';
import { listUsers } from './list-users.js';
import { Passwords } from './passwords.js';
import { createUser, firstPassword } from './put-user.js';
import { changeServiceAccount, createServiceAccount, listServiceAccounts, readServiceAccount } from './service-accounts.js';
import { changeTeam, createTeam, listTeams, readTeam } from './teams.js';
import { findUser, viewUser } from './user-row.js';

/** The use cases of users, teams and service accounts, each in its transaction, for one organisation: that of the act. */
@Injectable()
export class PeopleService {
  constructor(
    @Inject(Changes) private readonly changes: Changes,
    @Inject(Passwords) private readonly passwords: Passwords,
    @Inject(RANDOM_BYTES) private readonly randomBytes: RandomBytes,
  ) {}

  listUsers(act: Act, query: ListUsersQuery): Promise<Page<User>> {
    return this.changes.read((manager) => listUsers(manager, act, query));
  }
  async createUser(act: Act, input: CreateUser): Promise<CreatedUser> {
    const password = await firstPassword(this.randomBytes, this.passwords);
    return this.changes.make(act, (change) => createUser(change, this.randomBytes, password, input));
  }
  readUser(act: Act, id: string): Promise<User> {
    return this.changes.read(async (manager) => viewUser(await findUser(manager, act, id, false)));
  }
  changeUser(act: Act, id: string, patch: ChangeUser): Promise<User> {
    return this.changes.run(act, (change) => changeUser(change, id, patch));
  }
  removeUser(act: Act, id: string): Promise<void> {
    return this.changes.run(act, (change) => removeUser(change, id));
  }
  async resetPassword(act: Act, id: string): Promise<CreatedUser> {
    const password = await firstPassword(this.randomBytes, this.passwords);
    return this.changes.make(act, (change) => resetPassword(change, id, password));
  }
  endSessionsOfUser(act: Act, id: string): Promise<{ readonly ended: number }> {
    return this.changes.run(act, (change) => endSessionsOfUser(change, id));
  }

  listTeams(act: Act, query: ListTeamsQuery): Promise<Page<Team>> {
    return this.changes.read((manager) => listTeams(manager, act, query));
  }
  createTeam(act: Act, input: CreateTeam): Promise<Team> {
    return this.changes.make(act, (change) => createTeam(change, this.randomBytes, input));
  }
  readTeam(act: Act, id: string): Promise<Team> {
    return this.changes.read((manager) => readTeam(manager, act, id));
  }
  changeTeam(act: Act, id: string, patch: ChangeTeam): Promise<Team> {
    return this.changes.run(act, (change) => changeTeam(change, id, patch));
  }

  listServiceAccounts(act: Act, query: ListServiceAccountsQuery): Promise<Page<ServiceAccount>> {
    return this.changes.read((manager) => listServiceAccounts(manager, act, query));
  }
  createServiceAccount(act: Act, input: CreateServiceAccount): Promise<ServiceAccount> {
    return this.changes.make(act, (change) => createServiceAccount(change, this.randomBytes, input));
  }
  readServiceAccount(act: Act, id: string): Promise<ServiceAccount> {
    return this.changes.read((manager) => readServiceAccount(manager, act, id));
  }
  changeServiceAccount(act: Act, id: string, patch: ChangeServiceAccount): Promise<ServiceAccount> {
    return this.changes.run(act, (change) => changeServiceAccount(change, id, patch));
  }
  archiveServiceAccount(act: Act, id: string): Promise<ServiceAccount> {
    return this.changes.run(act, (change) => changeServiceAccount(change, id, { status: 'archived' }));
  }
}
