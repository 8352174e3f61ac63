import { ACCOUNT_PERMISSION, MANAGEMENT_OPERATIONS, type Operation, type Role } from '@tollgate/contracts';
import type { Answer, Caller } from './call.ts';
import type { Cast, Things } from './cast.ts';
import { expectedOfKey, expectedOfNobody, expectedOfRole, expectedOfTeamRole, type Verdict } from './expectations.ts';
import { BODIES, hasIds, hasThings, pathTo } from './paths.ts';

export interface MatrixCounts extends Record<string, number> {
  operations: number;
  cells: number;
  /** Answered where it should have been refused, or told of what belongs to others. */
  leaks: number;
  /** Refused where it should have been answered, an error of ours, or an operation that the matrix does not know how to ask for. */
  unexplained: number;
}

type Rows = readonly (readonly [name: string, operation: Operation])[];

/** Every row of the management API against everybody; each cell is a real request. */
export async function runMatrix(cast: Cast, say: (text: string) => void): Promise<MatrixCounts> {
  const rows: Rows = Object.entries<Operation>(MANAGEMENT_OPERATIONS);
  const matrix = new Matrix(cast, rows, say);
  await matrix.guard();
  say(`guard: ${matrix.counts.cells} cells`);
  const before = await matrix.photograph();
  await matrix.tenants();
  await matrix.teams();
  await matrix.references();
  if ((await matrix.photograph()) !== before) matrix.leak('things were changed from outside', null);
  say(`all: ${matrix.counts.cells} cells`);
  return matrix.counts;
}

class Matrix {
  readonly counts: MatrixCounts;
  private readonly cast: Cast;
  private readonly rows: Rows;
  private readonly say: (text: string) => void;

  constructor(cast: Cast, rows: Rows, say: (text: string) => void) {
    this.cast = cast;
    this.rows = rows;
    this.say = say;
    this.counts = { operations: rows.length, cells: 0, leaks: 0, unexplained: 0 };
  }

  leak(what: string, answer: Answer | null): void {
    this.counts.leaks += 1;
    this.say(`LEAK ${what}: ${answer?.status ?? ''} ${answer?.text.slice(0, 300) ?? ''}`);
  }

  /** Who gets past the guard: nobody, each role, keys with and without the very scope, another organisation's owner. */
  async guard(): Promise<void> {
    const { cast } = this;
    const permissions = [...new Set(this.rows.flatMap(([, { permission }]) => permission ?? []))];
    const scopes = permissions.filter((permission) => permission !== ACCOUNT_PERMISSION);
    const exact = new Map<string, readonly [Caller, Caller]>();
    for (const scope of scopes) {
      const others = scopes.filter((each) => each !== scope);
      exact.set(scope, [await cast.keyWith([scope]), await cast.keyWith(others)]);
    }
    for (const [name, operation] of this.rows) {
      const { permission } = operation;
      const ask = (caller: Caller, expected: Verdict) => this.guardCell(name, operation, caller, expected);
      await ask(cast.nobody, expectedOfNobody(operation));
      for (const [role, caller] of cast.roles) await ask(caller, expectedOfRole(operation, role as Role, true));
      await ask(cast.teamDeveloper, expectedOfTeamRole(operation, 'developer'));
      const [owner, key] = cast.foreign;
      if (owner !== undefined) await ask(owner, expectedOfRole(operation, 'owner', false));
      if (key !== undefined) await ask(key, expectedOfKey(operation, ['admin:*', 'usage:*', 'llm:*'], false));
      const pair = permission === null ? undefined : exact.get(permission);
      if (pair === undefined) await ask(cast.admin, expectedOfKey(operation, ['admin:*', 'usage:*'], true));
      else {
        await ask(pair[0], 'admitted');
        await ask(pair[1], 'denied');
      }
    }
  }

  /** Others see and touch nothing, by whatever id they know. */
  async tenants(): Promise<void> {
    for (const [name, operation] of this.rows) {
      for (const caller of this.cast.foreign) {
        for (const [word, things] of Object.entries(this.cast.things)) {
          if (hasIds(operation) ? !hasThings(operation, things) : word !== 'organisation' || operation.method !== 'GET') continue;
          const answer = await this.ask(name, operation, caller, things);
          if (answer === null) continue;
          this.scan(`${name} by ${caller.name}`, answer);
          if (hasIds(operation)) this.expectGone(`${name} of ${word} by ${caller.name}`, answer, operation, caller);
        }
      }
    }
  }

  /** A role in one team reaches that team's things and no others. */
  async teams(): Promise<void> {
    const { teamDeveloper, things } = this.cast;
    for (const [name, operation] of this.rows) {
      if (operation.teams !== true || !hasIds(operation) || operation.permission === ACCOUNT_PERMISSION) continue;
      const held = expectedOfTeamRole(operation, 'developer') === 'admitted';
      if (!held) continue;
      for (const [word, of] of Object.entries(things)) {
        if (!hasThings(operation, of)) continue;
        // The organisation's things name the own team as theirs.
        const own = word === 'ownTeam' || (word === 'organisation' && operation.path.startsWith('/api/v1/teams/'));
        if (own && operation.method !== 'GET') continue;
        const answer = await this.ask(name, operation, teamDeveloper, of);
        if (answer === null) continue;
        if (!own) this.expectGone(`${name} of ${word} by a developer of another team`, answer, operation, teamDeveloper);
        else if (answer.status !== 200 && answer.code !== 'not_found') this.unexplained(`${name} of the own team`, answer);
        else if (answer.status !== 200 && !OPTIONAL.has(name)) this.unexplained(`${name} of the own team`, answer);
      }
    }
    const { otherTeam, organisation } = things;
    const strange = [otherTeam, organisation].flatMap(({ token, secret, account, record }) => [token, secret, account, record]);
    for (const [name, operation] of this.rows) {
      if (operation.teams !== true || hasIds(operation) || operation.method !== 'GET') continue;
      if (expectedOfTeamRole(operation, 'developer') !== 'admitted') continue;
      const answer = await this.ask(name, operation, teamDeveloper, {});
      if (answer === null) continue;
      if (strange.some((id) => id !== undefined && answer.text.includes(id))) this.leak(`${name} shows others to a team`, answer);
    }
  }

  /** What belongs to others cannot be named in a body or a query either. */
  async references(): Promise<void> {
    const { organisation, otherTeam } = this.cast.things;
    const team = otherTeam['team'];
    const posts: readonly (readonly [path: string, body: unknown])[] = [
      ['/tokens', { name: 'x', team_id: team }],
      ['/tokens', { name: 'x', owner_id: organisation['user'] }],
      ['/tokens', { name: 'x', owner_id: organisation['account'] }],
      ['/tokens', { name: 'x', parent_id: organisation['token'] }],
      ['/service-accounts', { name: 'x', team_id: team }],
      ['/users', { email: 'x@elsewhere.example', name: 'x', roles: [{ role: 'viewer', team_id: team }] }],
      ['/budgets', { name: 'x', subject: { type: 'team', id: team }, amount: '1', period: 'total' }],
      ['/budgets', { name: 'x', subject: { type: 'token', id: organisation['token'] }, amount: '1', period: 'total' }],
      ['/limits', { subject: { type: 'team', id: team }, kind: 'requests', limit: 1, period_seconds: 60 }],
      ['/oauth/clients', { name: 'x', scopes: ['llm:*'], team_id: team }],
    ];
    const gets = [
      `/usage?token_id=${organisation['token']}`,
      `/usage/records?token_id=${organisation['token']}`,
      `/usage/records?id=${organisation['record']}`,
      `/tokens?team_id=${team}`,
      `/tokens?parent_id=${organisation['token']}`,
      `/users?team_id=${team}`,
      `/audit/events?target=${organisation['token']}`,
    ];
    for (const caller of this.cast.foreign) {
      for (const [path, body] of posts) {
        const answer = await this.cell(() => caller.call('POST', `/api/v1${path}`, body));
        if (answer.status < 300) this.leak(`POST ${path} with what belongs to others by ${caller.name}`, answer);
        else if (answer.status >= 500) this.unexplained(`POST ${path}`, answer);
        this.scan(`POST ${path} by ${caller.name}`, { ...answer, text: answer.code === 'invalid_request' ? '' : answer.text });
      }
      for (const path of gets) {
        const answer = await this.cell(() => caller.call('GET', `/api/v1${path}`));
        const found = (answer.body?.data?.length ?? 0) + (answer.body?.totals?.requests ?? 0);
        if (answer.status !== 200) this.unexplained(`GET ${path}`, answer);
        else if (found > 0) this.leak(`GET ${path} by ${caller.name}`, answer);
      }
    }
    const bulk = await this.cell(
      () => this.cast.foreign[0]?.call('POST', '/api/v1/tokens/bulk-revoke', { team_id: team }) as Promise<Answer>,
    );
    if (bulk.body?.matched !== 0) this.leak('bulk revoke finds what belongs to others', bulk);
  }

  /** All that belongs to the organisation, as its administrator sees it; without what reading changes. */
  async photograph(): Promise<string> {
    const seen: string[] = [];
    for (const things of Object.values(this.cast.things)) {
      for (const [, operation] of this.rows) {
        if (operation.method !== 'GET' || !hasIds(operation) || !hasThings(operation, things)) continue;
        const path = pathTo(operation, things);
        if (path === null || operation.path.includes('secrets')) continue;
        const { status, text } = await this.cast.admin.call('GET', path);
        seen.push(
          `${path} ${status} ${text.replaceAll(/"(last_[a-z_]+_at|request_id|spent|reserved|updated_at)":("[^"]*"|null)/g, '')}`,
        );
      }
    }
    return seen.join('\n');
  }

  private async guardCell(name: string, operation: Operation, caller: Caller, expected: Verdict): Promise<void> {
    const path = pathTo(operation, {});
    if (path === null) return this.unexplained(`${name}: the matrix does not know what its ids are`, null);
    const body = operation.body === undefined ? undefined : {};
    const answer = await this.cell(() => caller.call(operation.method, path, body));
    const seen = verdictOf(answer);
    const what = `${name} by ${caller.name} is ${seen ?? 'an error'}, not ${expected}`;
    if (seen === expected) return;
    if (seen === 'admitted') this.leak(what, answer);
    else this.unexplained(what, answer);
  }

  private async ask(name: string, operation: Operation, caller: Caller, things: Things): Promise<Answer | null> {
    const path = pathTo(operation, things);
    if (path === null || (operation.body !== undefined && BODIES[name] === undefined)) {
      this.unexplained(`${name}: the matrix does not know how to ask for it`, null);
      return null;
    }
    return this.cell(() => caller.call(operation.method, path, BODIES[name]));
  }

  /** Not found, as if it were not there; or not even looked for. */
  private expectGone(what: string, answer: Answer, operation: Operation, caller: Caller): void {
    const installation = verdictOf(answer) === 'denied' && caller !== this.cast.teamDeveloper;
    const keyOnAccount = operation.permission === ACCOUNT_PERMISSION && verdictOf(answer) === 'denied';
    if (answer.code === 'not_found' || installation || keyOnAccount) return;
    if (answer.status < 300) this.leak(what, answer);
    else this.unexplained(what, answer);
  }

  private scan(what: string, answer: Answer): void {
    if (this.cast.marks.some((mark) => answer.text.includes(mark))) this.leak(`${what} shows what belongs to others`, answer);
  }

  private unexplained(what: string, answer: Answer | null): void {
    this.counts.unexplained += 1;
    this.say(`UNEXPLAINED ${what}: ${answer?.status ?? ''} ${answer?.text.slice(0, 300) ?? ''}`);
  }

  private async cell(ask: () => Promise<Answer>): Promise<Answer> {
    this.counts.cells += 1;
    return ask();
  }
}

/** Of a thing that need not have one. */
const OPTIONAL: ReadonlySet<string> = new Set(['getRotationSchedule']);

/** null for an error of ours, and where there is no such operation at all. */
function verdictOf({ status, code }: Answer): Verdict | null {
  if (status >= 500 || code === 'route_not_found') return null;
  if (code === 'invalid_api_key') return 'unauthenticated';
  return code === 'permission_denied' ? 'denied' : 'admitted';
}
