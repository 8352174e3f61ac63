import Provider, { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { KeyRing } from '../keys/key-ring.js';
import {
  consumeArtefact,
  dropArtefact,
  dropArtefactsOfGrant,
  findArtefact,
  findArtefactByUid,
  type Payload,
  putArtefact,
} from '../store/artefacts.js';
import { clientMetadata } from './client-metadata.js';
import { findJwt } from './jwt-lookup.js';
import { NOWHERE, type OAuthPlace, type OAuthStore } from './oauth-store.js';
import { placeOfRequest } from './wrap-request.js';

export interface AdapterParts {
  readonly store: OAuthStore;
  readonly keys: KeyRing;
  /** A text that nobody knows. */
  readonly placeholder: string;
}

const currentPlace = (): OAuthPlace => {
  const { ctx } = Provider;
  return ctx === undefined ? NOWHERE : placeOfRequest(ctx.req);
};

/** Where the library keeps what it keeps: Postgres, one adapter per kind. Ids are hashed; what is used up is so for exactly one. */
export class ModelAdapter implements Adapter {
  constructor(
    private readonly model: string,
    private readonly parts: AdapterParts,
  ) {}

  private get manager() {
    return this.parts.store.dataSource.manager;
  }
  private get now(): Date {
    return new Date(this.parts.store.clock.now());
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
    const expiresAt = new Date(this.now.getTime() + expiresIn * 1_000);
    const once = this.model === 'ReplayDetection';
    const made = await putArtefact(this.manager, this.model, id, payload as Payload, expiresAt, once);
    // Two at once: the library has looked and found neither.
    if (once && !made) throw new errors.InvalidClientAuth('client assertion tokens must only be used once');
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const { store, keys, placeholder } = this.parts;
    if (this.model === 'Client') {
      const client = await store.client(id);
      const found = client === null ? null : clientMetadata(client, placeholder, this.now.getTime());
      return found === null ? undefined : (found as AdapterPayload);
    }
    if (this.model === 'AccessToken' || this.model === 'ClientCredentials') {
      const known = (await keys.inOrder()) ?? [];
      const wish = { issuer: store.issuer, model: this.model, id, now: this.now.getTime() } as const;
      return (await findJwt({ manager: this.manager, pool: store.pool }, known, wish)) as AdapterPayload | undefined;
    }
    const payload = await findArtefact(this.manager, this.model, id, this.now);
    if (payload?.['consumed'] !== undefined) await this.onReuse(payload);
    return payload as AdapterPayload | undefined;
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return (await findArtefactByUid(this.manager, this.model, uid, this.now)) as AdapterPayload | undefined;
  }

  async findByUserCode(): Promise<undefined> {
    // There is no device flow.
    return undefined;
  }

  async consume(id: string): Promise<void> {
    if (await consumeArtefact(this.manager, this.model, id, this.now)) return;
    // Somebody was faster with the same code or token: one of the two is a thief.
    const payload = await findArtefact(this.manager, this.model, id, this.now);
    if (payload !== undefined) await this.endFamily(payload);
    throw new errors.InvalidGrant('already used');
  }

  async destroy(id: string): Promise<void> {
    if (this.model === 'AccessToken' || this.model === 'ClientCredentials') {
      const client = Provider.ctx?.oidc.client;
      const owner = client === undefined ? null : await this.parts.store.client(client.clientId);
      if (owner !== null) await this.parts.store.denyJwt(id, owner.organisationId, owner.id, currentPlace());
      return;
    }
    if (this.model === 'Grant') await this.parts.store.endGrant(id, 'revoked', currentPlace());
    await dropArtefact(this.manager, this.model, id);
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    if (this.model === 'RefreshToken') await dropArtefactsOfGrant(this.manager, grantId);
  }

  /** At the token endpoint, by the client that it was made for; elsewhere it is merely no longer valid. */
  private async onReuse(payload: Payload): Promise<void> {
    const oidc = Provider.ctx?.oidc;
    if (oidc?.route !== 'token' || oidc.client?.clientId !== payload['clientId']) return;
    await this.endFamily(payload);
  }

  private async endFamily(payload: Payload): Promise<void> {
    const grantId = payload['grantId'];
    const end = this.model === 'RefreshToken' ? 'refresh_token_reused' : 'code_reused';
    if (typeof grantId === 'string') await this.parts.store.endGrant(grantId, end, currentPlace());
  }
}
