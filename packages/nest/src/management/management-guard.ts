import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { TollgateError } from '@tollgate/kernel';
import { findTokensInText, readCookie, sessionCookieName, tokenFromHeaders, tokenInQuery } from '@tollgate/policy';
import type { FastifyRequest } from 'fastify';
import { authenticateSession } from './authenticate-session.js';
import { type AuthenticateNeeds, callerOf, TokenAuthenticator } from './authenticate-token.js';
import type { Principal, RequestWithCaller } from './caller.js';
import { decideReach } from './decide-reach.js';
import { isSecure } from './is-secure.js';
import { OPEN, type OperationRule, ruleOf } from './permission.js';
import { refuseUnasked } from './refuse-unasked.js';

export interface ManagementGuardSettings extends AuthenticateNeeds {
  /** First letters of tokens; `tg` where it is not given. */
  readonly brand?: string;
  /** Where browsers reach this gateway. */
  readonly publicUrl: string;
}

/**
 * The one guard of the management API, on every route of every service. Default deny: a method that declares nothing is
 * refused. A key in a header comes first; without one, a session's cookie is looked at.
 */
export class ManagementGuard implements CanActivate {
  private readonly tokens: TokenAuthenticator;

  constructor(private readonly settings: ManagementGuardSettings) {
    this.tokens = new TokenAuthenticator(settings);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const handler = context.getHandler();
    if (Reflect.getMetadata(OPEN, handler) !== undefined) return true;
    const rule = ruleOf(handler);
    if (rule === null) throw new TollgateError('permission_denied', 'This operation is not open to anybody.');
    const request = context.switchToHttp().getRequest<FastifyRequest & RequestWithCaller>();
    request.permission = rule.permission;
    const principal = await this.authenticate(request);
    // Known before it is decided: the trail of refusals names who was refused.
    request.caller = { ...principal, teams: [] };
    request.caller = { ...principal, teams: this.reachOf(request, principal, rule) };
    refuseUnasked(context, request, rule);
    return true;
  }

  private reachOf(
    request: FastifyRequest & RequestWithCaller,
    principal: Principal,
    rule: OperationRule,
  ): readonly string[] | null {
    try {
      return decideReach(principal, rule);
    } catch (error) {
      const { secretId } = principal.actor;
      const parsed = tokenFromHeaders(request.headers, this.settings.brand);
      if (error instanceof TollgateError && secretId !== null && parsed.ok) {
        this.tokens.sightRefusal(request, parsed.value, error.code, secretId);
      }
      throw error;
    }
  }

  /** It stands in histories and in logs of whatever lies on the way here. */
  private sightInUrl(request: FastifyRequest): void {
    for (const { token } of findTokensInText(request.url, this.settings.brand)) {
      this.tokens.sightings.exposed(token, { ...NOBODY, place: 'url', done: 'blocked' }, callerOf(request));
    }
  }

  private async authenticate(request: FastifyRequest & RequestWithCaller): Promise<Principal> {
    const { brand, publicUrl } = this.settings;
    const parameter = tokenInQuery(request.url, brand);
    if (parameter !== null) {
      this.sightInUrl(request);
      throw new TollgateError('token_in_query', 'A token does not belong in a URL: send it as a header.');
    }
    const parsed = tokenFromHeaders(request.headers, brand);
    if (parsed.ok) return this.tokens.authenticate(request, parsed.value);
    if (parsed.error !== 'missing') {
      this.tokens.sightings.garbage(callerOf(request));
      throw unauthorized('The token is not valid.');
    }
    const cookie = readCookie(request.headers.cookie, sessionCookieName(isSecure(request, publicUrl)));
    if (cookie === null) throw unauthorized('No token was sent.');
    return authenticateSession(request, cookie, this.settings);
  }
}

const NOBODY = { callerTokenId: null, callerOrganisationId: null } as const;

const unauthorized = (message: string): TollgateError => new TollgateError('invalid_api_key', message);
