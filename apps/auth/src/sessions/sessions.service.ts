import { Inject, Injectable } from '@nestjs/common';
import type { ChangePassword, ListedSession, SessionView, SignIn } from '@tollgate/contracts';
import { type Clock, newId, TollgateError } from '@tollgate/kernel';
import { CLOCK, dataSourceToken, LOGGER } from '@tollgate/nest';
import { csrfTokenOf, digestSession, makeSessionSecret } from '@tollgate/policy';
import type { Logger } from '@tollgate/telemetry';
import type { DataSource, EntityManager } from 'typeorm';
import { appendAudit } from '../audit/append-audit.js';
import { type Act, systemAct } from '../changes/act.js';
import { type Change, Changes } from '../changes/changes.js';
import { dropSignInsOf } from '../oauth/store/artefacts.js';
import type { RoleIn } from '../people/assert-roles-in-reach.js';
import { assertGoodPassword, Passwords } from '../people/passwords.js';
import type { Mint } from '../tokens/create-token.js';
import { MINT } from '../tokens/mint-token.js';
import { grantsOf, IDLE_MS, LIFETIME_MS, ROLES_OF_MEMBER } from './session-rows.js';
import { SignInLimiter } from './sign-in-limiter.js';

export type Place = Pick<Act, 'requestId' | 'traceId' | 'ip' | 'userAgent'>;

export interface OpenedSession {
  readonly view: SessionView;
  /** For the cookie. */
  readonly secret: string;
  readonly email: string;
}

export interface MemberRow {
  readonly user_id: string;
  readonly email: string;
  readonly password_hash: string;
  readonly must_change_password: boolean;
  readonly organisation_id: string;
  readonly organisation_name: string;
  readonly name: string;
  readonly status: 'active' | 'suspended';
  readonly roles: readonly RoleIn[];
}

const MEMBER = `SELECT u.id AS user_id, u.email, u.password_hash, u.must_change_password, m.organisation_id, m.name,
    CASE WHEN o.status = 'active' THEN m.status ELSE o.status END AS status,
    o.name AS organisation_name, ${ROLES_OF_MEMBER} AS roles
  FROM auth.users u JOIN auth.members m ON m.user_id = u.id JOIN auth.organisations o ON o.id = m.organisation_id`;

/** Of one user at once; who signs in once more ends the one that was used least. */
const SESSIONS_MAX = 20;

/** Signing in and out, and what belongs to the own account. */
@Injectable()
export class SessionsService {
  constructor(
    @Inject(Changes) private readonly changes: Changes,
    @Inject(Passwords) private readonly passwords: Passwords,
    @Inject(SignInLimiter) private readonly limiter: SignInLimiter,
    @Inject(MINT) private readonly mint: Mint,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(dataSourceToken('auth')) private readonly dataSource: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** One answer and one time, whether the address is unknown, the password wrong or the user suspended. */
  async signIn(input: SignIn, place: Place, device: string | null): Promise<OpenedSession> {
    const member = await this.recognise(input, place, device);
    return this.changes.run(actOfMember(member, place), async (change) => {
      const opened = await this.open(change, member, member.password_hash);
      change.audit({
        action: 'session.started',
        target: { type: 'session', id: opened.view.id, name: null },
        before: null,
        after: { userId: member.user_id },
      });
      return opened;
    });
  }

  /** Whose address and password these are, counted and answered as a sign-in, but without a session. */
  async recognise(input: SignIn, place: Place, device: string | null): Promise<MemberRow> {
    // Postgres holds no NUL. Nobody has such an address, and that is found out as of any other: with the same answer in the same time.
    const email = input.email.toLowerCase().replaceAll('\u0000', '\ufffd');
    const attempt = await this.limiter.begin({ email, ip: place.ip ?? '', device });
    const members: MemberRow[] = await this.changes.read((manager) =>
      manager.query(`${MEMBER} WHERE lower(u.email) = $1 ORDER BY m.created_at, m.organisation_id`, [email]),
    );
    const good = await this.passwords.matches(input.password, members[0]?.password_hash ?? null);
    const member = members.find(
      ({ status, organisation_id }) =>
        status === 'active' && (input.organisation_id === undefined || organisation_id === input.organisation_id),
    );
    if (!good || member === undefined) {
      this.noteFailure(members[0], good ? 'not_a_member' : 'wrong_password', place);
      throw failed();
    }
    await this.limiter.succeeded(attempt);
    return member;
  }

  /** An active member of the active organisation, or null. */
  async member(userId: string, organisationId: string): Promise<MemberRow | null> {
    const rows: MemberRow[] = await this.changes.read((manager) =>
      manager.query(`${MEMBER} WHERE u.id = $1 AND m.organisation_id = $2 AND m.status = 'active' AND o.status = 'active'`, [
        userId,
        organisationId,
      ]),
    );
    return rows[0] ?? null;
  }

  list(act: Act): Promise<readonly ListedSession[]> {
    return this.changes.read(async (manager) => {
      const rows: {
        id: string;
        ip: string | null;
        user_agent: string | null;
        created_at: Date;
        last_seen_at: Date;
        expires_at: Date;
      }[] = await manager.query(
        `SELECT id, ip, user_agent, created_at, last_seen_at, expires_at FROM auth.sessions
         WHERE organisation_id = $1 AND user_id = $2 AND expires_at > $3 AND last_seen_at > $4 ORDER BY id DESC LIMIT $5`,
        [act.organisationId, act.actor.id, ...this.alive(), SESSIONS_MAX],
      );
      return rows.map(({ created_at, last_seen_at, expires_at, ...row }) => ({
        ...row,
        current: row.id === act.sessionId,
        created_at: created_at.toISOString(),
        last_seen_at: last_seen_at.toISOString(),
        expires_at: expires_at.toISOString(),
      }));
    });
  }

  current(act: Act, secret: string): Promise<SessionView> {
    return this.changes.read(async (manager) => {
      const rows: { created_at: Date; expires_at: Date }[] = await manager.query(
        'SELECT created_at, expires_at FROM auth.sessions WHERE id = $1',
        [act.sessionId],
      );
      const [row] = rows;
      if (row === undefined || act.sessionId === null)
        throw new TollgateError('invalid_api_key', 'The session has ended: sign in again.');
      return this.view(await memberOf(manager, act), { id: act.sessionId, secret, ...row });
    });
  }

  /** Of the actor's own; `id` null = all but the current one. */
  end(act: Act, id: string | null): Promise<number> {
    return this.changes.run(act, async (change) => {
      const ended = await endOf(change, id);
      for (const each of ended) {
        change.audit({ action: 'session.ended', target: { type: 'session', id: each, name: null }, before: null, after: null });
      }
      return ended.length;
    });
  }

  async changePassword(act: Act, input: ChangePassword): Promise<OpenedSession> {
    const attempt = await this.limiter.beginChange(act.actor.id);
    const member = await this.changes.read((manager) => memberOf(manager, act));
    if (!(await this.passwords.matches(input.current_password, member.password_hash))) {
      throw new TollgateError('sign_in_failed', 'The current password is not the right one.');
    }
    await this.limiter.succeeded(attempt);
    assertGoodPassword(input.new_password, member.email);
    if (input.new_password === input.current_password) {
      throw new TollgateError('invalid_request', 'The new password is the current one.', { param: '/new_password' });
    }
    const hash = await this.passwords.hash(input.new_password);
    return this.changes.run(act, async (change) => {
      const { manager } = change;
      // Conditional: two changes at once must not both succeed.
      const rows: unknown[] = await manager.query(
        `WITH changed AS (UPDATE auth.users SET password_hash = $3, must_change_password = false
           WHERE id = $1 AND password_hash = $2 RETURNING id) SELECT id FROM changed`,
        [member.user_id, member.password_hash, hash],
      );
      if (rows.length === 0) throw new TollgateError('conflict', 'The password has been changed in the meantime.');
      await manager.query('DELETE FROM auth.sessions WHERE user_id = $1', [member.user_id]);
      await dropSignInsOf(manager, member.user_id);
      change.audit({
        action: 'user.password_changed',
        target: { type: 'user', id: member.user_id, name: member.email },
        before: null,
        after: null,
      });
      return this.open(change, { ...member, must_change_password: false }, hash);
    });
  }

  /** A secret of its own each time: what somebody planted in the browser before is worth nothing. */
  private async open(change: Change, member: MemberRow, passwordHash: string): Promise<OpenedSession> {
    const { manager, now, act } = change;
    const secret = makeSessionSecret(this.mint.randomBytes);
    const id = newId('ses', now, this.mint.randomBytes);
    const [created_at, expires_at] = [new Date(now), new Date(now + LIFETIME_MS)];
    // The password may have been replaced while it was checked.
    const rows: unknown[] = await manager.query(
      `WITH changed AS (UPDATE auth.users SET last_signed_in_at = $3 WHERE id = $1 AND password_hash = $2 RETURNING id)
       SELECT id FROM changed`,
      [member.user_id, passwordHash, created_at],
    );
    if (rows.length === 0) throw failed();
    await manager.query(
      `INSERT INTO auth.sessions (id, user_id, organisation_id, digest, ip, user_agent, created_at, last_seen_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)`,
      [
        id,
        member.user_id,
        member.organisation_id,
        digestSession(this.mint.peppers[0], secret),
        act.ip,
        act.userAgent,
        created_at,
        expires_at,
      ],
    );
    await manager.query(
      `DELETE FROM auth.sessions WHERE user_id = $1 AND id <> $2 AND id NOT IN (
         SELECT id FROM auth.sessions WHERE user_id = $1 AND id <> $2 ORDER BY last_seen_at DESC LIMIT $3)`,
      [member.user_id, id, SESSIONS_MAX - 1],
    );
    return { view: this.view(member, { id, secret, created_at, expires_at }), secret, email: member.email };
  }

  private view(
    member: MemberRow,
    session: { readonly id: string; readonly secret: string; readonly created_at: Date; readonly expires_at: Date },
  ): SessionView {
    return {
      id: session.id,
      user: { id: member.user_id, email: member.email, name: member.name },
      organisation: { id: member.organisation_id, name: member.organisation_name },
      roles: [...member.roles],
      grants: grantsOf(member.roles, member.must_change_password).map(({ teamId, permissions }) => ({
        team_id: teamId,
        permissions,
      })),
      must_change_password: member.must_change_password,
      csrf_token: csrfTokenOf(this.mint.peppers[0], session.secret),
      created_at: session.created_at.toISOString(),
      expires_at: session.expires_at.toISOString(),
    };
  }

  private alive(): readonly [Date, Date] {
    const now = this.clock.now();
    return [new Date(now), new Date(now - IDLE_MS)];
  }

  /** Behind the answer's back: its time must not tell that there is somebody to write about. */
  private noteFailure(member: MemberRow | undefined, reason: string, place: Place): void {
    if (member === undefined) return;
    const fact = {
      time: new Date(this.clock.now()).toISOString(),
      actor: systemAct(member.organisation_id, 'sign-in').actor,
      action: 'session.refused',
      target: { type: 'user', id: member.user_id, name: member.email },
      decision: 'denied',
      reason,
      ...place,
      before: null,
      after: null,
    } as const;
    void this.dataSource
      .transaction((manager) => appendAudit(manager, member.organisation_id, [fact]))
      .catch((error: unknown) => this.logger.warn({ error }, 'a refused sign-in could not be audited'));
  }
}

async function endOf({ manager, act }: Change, id: string | null): Promise<readonly string[]> {
  const rows: { id: string }[] = await manager.query(
    `WITH gone AS (DELETE FROM auth.sessions WHERE user_id = $1 AND organisation_id = $2
       AND (id = $3 OR ($3::text IS NULL AND id <> $4)) RETURNING id) SELECT id FROM gone`,
    [act.actor.id, act.organisationId, id, act.sessionId],
  );
  return rows.map((row) => row.id);
}

async function memberOf(manager: EntityManager, act: Act): Promise<MemberRow> {
  const rows: MemberRow[] = await manager.query(`${MEMBER} WHERE m.organisation_id = $1 AND u.id = $2`, [
    act.organisationId,
    act.actor.id,
  ]);
  const [row] = rows;
  if (row === undefined) throw new TollgateError('not_found', 'There is no such user.');
  return row;
}

const actOfMember = ({ organisation_id, user_id }: MemberRow, place: Place): Act => ({
  ...systemAct(organisation_id, 'sign-in'),
  actor: { type: 'user', id: user_id, publicId: null, secretId: null, onBehalfOf: null },
  ...place,
});

const failed = (): TollgateError => new TollgateError('sign_in_failed', 'The email address or the password is wrong.');
