import type { IncomingMessage, ServerResponse } from 'node:http';
import { newId } from '@tollgate/kernel';
import type Provider from 'oidc-provider';
import { errors } from 'oidc-provider';
import type { Changes } from '../../changes/changes.js';
import type { Mint } from '../../tokens/create-token.js';
import type { ClientRow } from '../clients/client-row.js';
import { putGrant } from '../grants/put-grant.js';
import { consentPage } from '../pages/consent-page.js';
import { loginPage } from '../pages/login-page.js';
import { sendPage } from '../pages/send-page.js';
import type { SignedInUser, SignInService } from '../sign-in.js';
import { type OAuthPlace, type OAuthStore, oauthAct } from './oauth-store.js';
import { grantedScopes, scopesRefused } from './scopes.js';
import { pathBefore, placeOfRequest } from './wrap-request.js';

export interface InteractionParts {
  readonly store: OAuthStore;
  readonly signIn: SignInService;
  readonly changes: Changes;
  readonly mint: Mint;
}

/** The library's state of one sign-in. */
type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

export const INTERACTION_PATH = /^\/oauth\/interaction\/([0-9A-Za-z_-]{20,64})(?:\/(login|consent|abort))?$/;

interface Visit {
  readonly provider: Provider;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly interaction: Interaction;
  readonly client: ClientRow;
  readonly place: OAuthPlace;
}

/** The pages between an application and its grant: who are you, and do you allow it? */
export class Interactions {
  constructor(private readonly parts: InteractionParts) {}

  /** `action` null = the page. The cookie of the browser must name the same sign-in as the path. */
  async handle(
    provider: Provider,
    request: IncomingMessage,
    response: ServerResponse,
    uid: string,
    action: string | null,
    body: URLSearchParams,
  ): Promise<void> {
    const interaction = await provider.interactionDetails(request, response);
    const client = await this.parts.store.client(String(interaction.params['client_id']));
    if (interaction.uid !== uid || client === null || client.token.status !== 'active') {
      throw new errors.SessionNotFound('interaction session not found');
    }
    const visit = { provider, request, response, interaction, client, place: placeOfRequest(request) };
    if (action === null) await this.show(visit, null, '');
    else if (action === 'abort') await this.finish(visit, { error: 'access_denied', error_description: 'the user said no' });
    else if (action === 'login' && interaction.prompt.name === 'login') await this.logIn(visit, body);
    else if (action === 'consent' && interaction.prompt.name === 'consent') await this.consent(visit);
    else await this.show(visit, null, '');
  }

  private async show(visit: Visit, problem: string | null, email: string, status = 200): Promise<void> {
    const { interaction, client, response } = visit;
    const shared = {
      action: `${pathBefore(this.parts.store.issuer)}/oauth/interaction/${interaction.uid}`,
      clientName: client.token.name,
      host: new URL(this.parts.store.issuer).host,
    };
    const redirectUri = String(interaction.params['redirect_uri']);
    const settings = { formTarget: new URL(redirectUri).origin };
    if (interaction.prompt.name === 'login') {
      const hint = interaction.params['login_hint'];
      const text = email === '' && typeof hint === 'string' ? hint.slice(0, 254) : email;
      sendPage(response, status, loginPage({ ...shared, email: text, problem }), settings);
      return;
    }
    const user = await this.userOf(visit);
    const { granted, withheld } = this.scopesOf(visit, user);
    sendPage(response, status, consentPage({ ...shared, user, scopes: granted, withheld, redirectUri }), settings);
  }

  private async logIn(visit: Visit, body: URLSearchParams): Promise<void> {
    const [email, password] = [body.get('email') ?? '', body.get('password') ?? ''];
    const outcome =
      email === '' || password === '' || email.length > 254 || password.length > 256
        ? ({ ok: false, message: 'Enter your email address and your password.', retryAfterMs: null } as const)
        : await this.parts.signIn.signIn({ email, password, organisationId: visit.client.organisationId, ...visit.place });
    if (outcome.ok) {
      await this.finish(visit, { login: { accountId: outcome.user.id, remember: false } });
      return;
    }
    if (outcome.retryAfterMs !== null) {
      visit.response.setHeader('retry-after', String(Math.ceil(outcome.retryAfterMs / 1_000)));
    }
    await this.show(visit, outcome.message, email, outcome.retryAfterMs === null ? 401 : 429);
  }

  private async consent(visit: Visit): Promise<void> {
    const { provider, interaction, client, place } = visit;
    const { store, changes, mint } = this.parts;
    const user = await this.userOf(visit);
    const { granted, withheld } = this.scopesOf(visit, user);
    if (granted.length === 0) {
      await this.finish(visit, { error: 'access_denied', error_description: 'the user holds none of the scopes' });
      return;
    }
    const known = interaction.grantId === undefined ? undefined : await provider.Grant.find(interaction.grantId);
    const id = known?.jti ?? newId('grant', store.clock.now(), mint.randomBytes);
    const grant = known ?? new provider.Grant({ accountId: user.id, clientId: client.id });
    // Named by us: the grant of the library and the one of the API are the same.
    if (known === undefined) grant.jti = id;
    grant.addOIDCScope(oidcScopes(interaction));
    grant.addResourceScope(store.resource, granted.join(' '));
    if (withheld.length > 0) grant.rejectResourceScope(store.resource, withheld.join(' '));
    const act = oauthAct(client.organisationId, client.id, place);
    const byUser = { ...act, actor: { ...act.actor, type: 'user' as const, id: user.id, onBehalfOf: null } };
    await changes.run(byUser, (change) => putGrant(change, mint, { id, client, userId: user.id, scopes: granted }));
    await grant.save();
    await this.finish(visit, { consent: { grantId: id } });
  }

  private async userOf({ interaction, client }: Visit): Promise<SignedInUser> {
    const id = interaction.session?.accountId;
    const user = id === undefined ? null : await this.parts.signIn.find(id, client.organisationId);
    if (user === null) throw new errors.SessionNotFound('interaction session not found');
    return user;
  }

  /** Asked for, held by the client (checked before) and held by the user. */
  private scopesOf({ interaction, client }: Visit, user: SignedInUser) {
    const asked = interaction.params['scope'];
    const wanted = grantedScopes(typeof asked === 'string' ? asked : undefined, client.token.policy.scopes).join(' ');
    const withheld = scopesRefused(wanted, user.permissions);
    return { granted: grantedScopes(wanted, user.permissions).filter((scope) => !withheld.includes(scope)), withheld };
  }

  private finish({ provider, request, response }: Visit, result: Parameters<Provider['interactionFinished']>[2]): Promise<void> {
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }
}

function oidcScopes(interaction: Interaction): string {
  const asked = String(interaction.params['scope'] ?? '').split(' ');
  return asked.filter((scope) => scope === 'openid' || scope === 'offline_access').join(' ');
}
