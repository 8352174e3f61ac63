import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@tollgate/kernel';
import { networkOf } from '@tollgate/policy';
import type { Logger } from '@tollgate/telemetry';
import type { FastifyRequest } from 'fastify';
import type Provider from 'oidc-provider';
import { errors } from 'oidc-provider';
import type { Changes } from '../../changes/changes.js';
import type { Mint } from '../../tokens/create-token.js';
import type { KeyRing } from '../keys/key-ring.js';
import type { OAuthSecrets } from '../keys/oauth-secrets.js';
import { errorPage } from '../pages/error-page.js';
import { sendPage } from '../pages/send-page.js';
import type { SignInService } from '../sign-in.js';
import { createProvider } from './create-provider.js';
import { INTERACTION_PATH, Interactions } from './interactions.js';
import { JWT_MARK } from './jwt-lookup.js';
import type { OAuthStore } from './oauth-store.js';
import { readBody } from './read-body.js';
import { RequestLimiter } from './request-limiter.js';
import { TokenEndpointLimits } from './token-endpoint-limits.js';
import { DISCOVERY, METADATA } from './well-known.js';
import { wrapRequest } from './wrap-request.js';

/** Each leaves a row behind for half an hour, whoever asks. */
const AUTHORIZE = '/oauth/authorize';
const VISITS = { burst: 200, perSecond: 10 };
/** Endpoints that programs post to; all others are for people. */
const MACHINE = new Set(['/oauth/token', '/oauth/introspect', '/oauth/revoke']);

/** Where the library answers, beside the pages: at an interaction's end it comes back to `authorize/<uid>`. Elsewhere it would have words of its own. */
const SERVED = new Set([METADATA, DISCOVERY, AUTHORIZE, '/oauth/jwks', ...MACHINE]);
const RESUMED = /^\/oauth\/authorize\/[\w-]{1,64}$/;

export interface OAuthApplicationParts {
  readonly store: OAuthStore;
  readonly keys: KeyRing;
  readonly secrets: OAuthSecrets;
  readonly signIn: SignInService;
  readonly changes: Changes;
  readonly mint: Mint;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What answers under /oauth: the library with its pages and limits before it. */
export class OAuthApplication {
  private readonly issuer: URL;
  private readonly interactions: Interactions;
  private readonly limits: TokenEndpointLimits;
  private readonly visits: RequestLimiter;
  private current: { readonly provider: Provider; readonly keys: string } | null = null;

  constructor(private readonly parts: OAuthApplicationParts) {
    const { store, signIn, changes, mint, clock } = parts;
    this.issuer = new URL(store.issuer);
    this.interactions = new Interactions({ store, signIn, changes, mint });
    this.limits = new TokenEndpointLimits(clock);
    this.visits = new RequestLimiter(VISITS, clock);
  }

  /** Answers by itself, whatever happens. */
  serve(request: FastifyRequest, response: ServerResponse): void {
    this.handle(request, response).catch((error: unknown) => this.fail(request, response, error));
  }

  private async handle(request: FastifyRequest, response: ServerResponse): Promise<void> {
    const { raw } = request;
    const path = this.pathOf(raw);
    const provider = await this.provider();
    const body = raw.method === 'POST' ? await readBody(raw) : null;
    if (raw.method === 'POST' && body === null) throw new errors.InvalidRequest('the body is too long');
    const form = new URLSearchParams(body?.toString('utf8') ?? '');
    if (holdsNul(raw.url ?? '', form)) throw new errors.InvalidRequest('a parameter holds a control character');
    const place = {
      requestId: request.id,
      ip: request.ip,
      userAgent: request.headers['user-agent']?.slice(0, 256) ?? null,
    };
    if (MACHINE.has(path)) {
      const waitMs = this.limits.enter(networkOf(request.ip), raw.headers, form);
      if (waitMs > 0) {
        refuseForNow(response, waitMs);
        return;
      }
      response.once('finish', () => this.limits.left(networkOf(request.ip), raw.headers, form, response.statusCode));
    }
    if (path === AUTHORIZE) {
      const network = networkOf(request.ip);
      const waitMs = this.visits.waitMs(network);
      if (waitMs > 0) {
        response.setHeader('retry-after', String(Math.ceil(waitMs / 1_000)));
        sendPage(response, 429, errorPage('too_many_requests', null), { formTarget: null });
        return;
      }
      this.visits.take(network);
    }
    const question = (raw.url ?? '').indexOf('?');
    const wrapped = wrapRequest(raw, {
      issuer: this.issuer,
      url: path + (question < 0 ? '' : (raw.url ?? '').slice(question)),
      body: body === null ? null : markJwt(path, form, body),
      ...place,
    });
    const [, uid, action = null] = INTERACTION_PATH.exec(path) ?? [];
    if (uid === undefined && !SERVED.has(path) && !RESUMED.test(path)) {
      sendPage(response, 404, errorPage('not_found', null), { formTarget: null });
      return;
    }
    if (uid === undefined) {
      await provider.callback()(wrapped, response);
      return;
    }
    if (raw.method !== (action === null ? 'GET' : 'POST')) throw new errors.InvalidRequest('wrong method');
    if (action !== null && !this.isOwnOrigin(raw)) throw new errors.InvalidRequest('the form was sent from elsewhere');
    await this.interactions.handle(provider, wrapped, response, uid, action, form);
  }

  /** RFC 8414 puts the path of the issuer behind its well-known name, OpenID Connect in front: the library knows the latter. */
  private pathOf({ url = '/' }: IncomingMessage): string {
    const question = url.indexOf('?');
    const path = question < 0 ? url : url.slice(0, question);
    if (!path.startsWith(METADATA)) return path;
    const rest = path.slice(METADATA.length).replace(/\/$/, '');
    const own = this.issuer.pathname.replace(/\/$/, '');
    return rest === '' || rest === own ? METADATA : path;
  }

  /** Browsers say where a form comes from; the cookies are SameSite besides. */
  private isOwnOrigin({ headers }: IncomingMessage): boolean {
    return headers.origin === undefined || headers.origin === this.issuer.origin;
  }

  private async provider(): Promise<Provider> {
    const { store, keys: ring, signIn, secrets, mint, logger } = this.parts;
    const keys = await ring.inOrder();
    if (keys === null) throw new errors.TemporarilyUnavailable('no signing key can be read right now');
    const names = keys.map(({ kid }) => kid).join(' ');
    if (this.current?.keys !== names) {
      const parts = {
        store,
        keys: ring,
        signIn,
        peppers: mint.peppers,
        cookieKeys: secrets.cookieKeys,
        placeholder: Buffer.from(mint.randomBytes(32)).toString('base64url'),
      };
      const provider = createProvider(parts, keys);
      provider.on('server_error', (_ctx, error) => logger.error({ error }, 'the OAuth server failed'));
      this.current = { provider, keys: names };
    }
    return this.current.provider;
  }

  private fail(request: FastifyRequest, response: ServerResponse, error: unknown): void {
    const known = error instanceof errors.OIDCProviderError && error.expose;
    if (!known) this.parts.logger.error({ error, requestId: request.id }, 'a request to the OAuth server failed');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const code = known ? error.error : 'server_error';
    const status = known ? error.statusCode : 500;
    const description = known ? (error.error_description ?? null) : null;
    if (MACHINE.has(this.pathOf(request.raw)))
      sendJson(response, status, { error: code, error_description: description ?? undefined });
    else sendPage(response, status, errorPage(code, description), { formTarget: null });
  }
}

/** No parameter may (RFC 6749, appendix A), and what a flow keeps of them could not be stored. */
const holdsNul = (url: string, form: URLSearchParams): boolean =>
  url.includes('%00') || [...form].some((entry) => entry.some((text) => text.includes('\u0000')));

function refuseForNow(response: ServerResponse, waitMs: number): void {
  response.setHeader('retry-after', String(Math.ceil(waitMs / 1_000)));
  sendJson(response, 429, { error: 'temporarily_unavailable', error_description: 'too many requests, try again shortly' });
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length, 'cache-control': 'no-store' });
  response.end(body);
}

/** See jwt-lookup. */
function markJwt(path: string, form: URLSearchParams, body: Buffer): Buffer {
  if (path !== '/oauth/introspect' && path !== '/oauth/revoke') return body;
  const tokens = form.getAll('token');
  const [token = ''] = tokens;
  if (tokens.length !== 1 || !token.includes('.')) return body;
  form.set('token', JWT_MARK + token);
  return Buffer.from(form.toString());
}
