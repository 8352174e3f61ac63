import { Controller, Delete, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import {
  type ChangePassword,
  ChangePasswordSchema,
  type ListedSession,
  SESSION_OPERATIONS,
  SessionIdSchema,
  type SessionView,
  type SignIn,
  SignInSchema,
} from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import { assertSameOrigin, isLoopbackHost, isSecure, OpenToAll, Permission, PUBLIC_URL, ZodBody, ZodParam } from '@tollgate/nest';
import { deviceCookieName, readCookie, sessionCookieName, writeCookie } from '@tollgate/policy';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Act, CurrentAct, placeOf } from '../changes/act.js';
import type { Mint } from '../tokens/create-token.js';
import { MINT } from '../tokens/mint-token.js';
import { DEVICE_LIFETIME_S, makeDeviceCookie, readDeviceCookie } from './device-cookie.js';
import { LIFETIME_MS } from './session-rows.js';
import { type OpenedSession, SessionsService } from './sessions.service.js';

@Controller('api/v1/sessions')
export class SessionsController {
  constructor(
    @Inject(SessionsService) private readonly sessions: SessionsService,
    @Inject(MINT) private readonly mint: Mint,
    @Inject(PUBLIC_URL) private readonly publicUrl: string,
  ) {}

  @Post()
  @OpenToAll('whoever signs in has nothing yet')
  async signIn(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @ZodBody(SignInSchema) body: SignIn,
  ): Promise<SessionView> {
    const secure = isSecure(request, this.publicUrl);
    // A page of another origin could sign its victim in as somebody else.
    if (request.headers.origin !== undefined) assertSameOrigin(request, this.publicUrl);
    if (!secure && !isLoopbackHost(request.headers.host)) {
      throw new TollgateError('permission_denied', 'Signing in needs https: set PUBLIC_URL to the address that browsers use.');
    }
    const email = body.email.toLowerCase();
    const cookie = readCookie(request.headers.cookie, deviceCookieName(secure));
    const device = readDeviceCookie(this.mint.peppers, email, cookie);
    const opened = await this.sessions.signIn(body, placeOf(request), device);
    if (device === null) {
      const value = makeDeviceCookie(this.mint.peppers, email, this.mint.randomBytes);
      const name = deviceCookieName(secure);
      reply.header('set-cookie', writeCookie({ name, value, secure, maxAgeSeconds: DEVICE_LIFETIME_S }));
    }
    return withCookie(reply, opened, secure);
  }

  @Get()
  @Permission(SESSION_OPERATIONS.listSessions)
  async list(@CurrentAct() act: Act): Promise<{ readonly data: readonly ListedSession[] }> {
    return { data: await this.sessions.list(act) };
  }

  @Get('current')
  @Permission(SESSION_OPERATIONS.getCurrentSession)
  current(@CurrentAct() act: Act, @Req() request: FastifyRequest): Promise<SessionView> {
    const cookie = readCookie(request.headers.cookie, sessionCookieName(isSecure(request, this.publicUrl)));
    return this.sessions.current(act, cookie ?? '');
  }

  @Delete('current')
  @HttpCode(204)
  @Permission(SESSION_OPERATIONS.signOut)
  async signOut(
    @CurrentAct() act: Act,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.sessions.end(act, act.sessionId);
    const secure = isSecure(request, this.publicUrl);
    reply.header('set-cookie', writeCookie({ name: sessionCookieName(secure), value: '', secure, maxAgeSeconds: 0 }));
  }

  @Post('end-others')
  @HttpCode(200)
  @Permission(SESSION_OPERATIONS.endOtherSessions)
  async endOthers(@CurrentAct() act: Act): Promise<{ readonly ended: number }> {
    return { ended: await this.sessions.end(act, null) };
  }

  @Delete(':id')
  @HttpCode(204)
  @Permission(SESSION_OPERATIONS.endSession)
  async end(@CurrentAct() act: Act, @ZodParam('id', SessionIdSchema) id: string): Promise<void> {
    if ((await this.sessions.end(act, id)) === 0) throw new TollgateError('not_found', 'There is no such session.');
  }
}

@Controller('api/v1/account')
export class AccountController {
  constructor(
    @Inject(SessionsService) private readonly sessions: SessionsService,
    @Inject(PUBLIC_URL) private readonly publicUrl: string,
  ) {}

  @Post('password')
  @HttpCode(200)
  @Permission(SESSION_OPERATIONS.changePassword)
  async changePassword(
    @CurrentAct() act: Act,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @ZodBody(ChangePasswordSchema) body: ChangePassword,
  ): Promise<SessionView> {
    return withCookie(reply, await this.sessions.changePassword(act, body), isSecure(request, this.publicUrl));
  }
}

function withCookie(reply: FastifyReply, { view, secret }: OpenedSession, secure: boolean): SessionView {
  const name = sessionCookieName(secure);
  reply.header('set-cookie', writeCookie({ name, value: secret, secure, maxAgeSeconds: LIFETIME_MS / 1_000 }));
  return view;
}
