import { Inject, Injectable } from '@nestjs/common';
import { TollgateError } from '@tollgate/kernel';
import { grantsOf } from '../sessions/session-rows.js';
import { type MemberRow, SessionsService } from '../sessions/sessions.service.js';
import type { SignedInUser, SignInAttempt, SignInOutcome, SignInService } from './sign-in.js';

/** The users of this gateway, with the limits and the trail of every sign-in. */
@Injectable()
export class SignInByPassword implements SignInService {
  constructor(@Inject(SessionsService) private readonly sessions: SessionsService) {}

  async signIn({ email, password, organisationId, ...place }: SignInAttempt): Promise<SignInOutcome> {
    try {
      const input = { email, password, organisation_id: organisationId };
      const member = await this.sessions.recognise(input, { ...place, traceId: null }, null);
      if (member.must_change_password) {
        return { ok: false, message: 'Sign in to the console and choose a password of your own first.', retryAfterMs: null };
      }
      return { ok: true, user: userOf(member) };
    } catch (error) {
      if (!(error instanceof TollgateError)) throw error;
      if (error.code === 'sign_in_failed') return { ok: false, message: error.message, retryAfterMs: null };
      if (error.code === 'rate_limit_exceeded')
        return { ok: false, message: error.message, retryAfterMs: error.retryAfterMs ?? 1_000 };
      throw error;
    }
  }

  async find(userId: string, organisationId: string): Promise<SignedInUser | null> {
    const member = await this.sessions.member(userId, organisationId);
    return member === null ? null : userOf(member);
  }
}

/** What they hold in the whole organisation; what they hold in a team alone they cannot grant here. */
const userOf = (member: MemberRow): SignedInUser => ({
  id: member.user_id,
  name: member.name,
  email: member.email,
  permissions: grantsOf(member.roles, member.must_change_password).find(({ teamId }) => teamId === null)?.permissions ?? [],
});
