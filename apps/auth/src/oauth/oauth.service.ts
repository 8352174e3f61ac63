import { Inject, Injectable } from '@nestjs/common';
import type {
  ChangeOAuthClient,
  CreatedOAuthClient,
  CreateOAuthClient,
  ListOAuthGrantsQuery,
  OAuthClient,
  OAuthGrant,
  OAuthKeys,
  Page,
  PageQuery,
  RenewOAuthSecret,
} from '@tollgate/contracts';
import { type Clock, TollgateError } from '@tollgate/kernel';
import { CLOCK } from '@tollgate/nest';
import type { Act } from '../changes/act.js';
import { Changes } from '../changes/changes.js';
import type { Mint } from '../tokens/create-token.js';
import { MINT } from '../tokens/mint-token.js';
import { changeClient } from './clients/change-client.js';
import { readClient, readClients } from './clients/client-row.js';
import { viewClient } from './clients/client-view.js';
import { createClient } from './clients/create-client.js';
import { renewSecret } from './clients/renew-secret.js';
import { revokeClient } from './clients/revoke-client.js';
import { readGrant, readGrants, viewGrant } from './grants/grant-row.js';
import { revokeGrant } from './grants/revoke-grant.js';
import { KeyRing } from './keys/key-ring.js';

/** The use cases of OAuth's administration, for one organisation: that of the act. */
@Injectable()
export class OAuthService {
  constructor(
    @Inject(Changes) private readonly changes: Changes,
    @Inject(KeyRing) private readonly keys: KeyRing,
    @Inject(MINT) private readonly mint: Mint,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async listClients({ organisationId }: Act, { cursor, limit }: PageQuery): Promise<Page<OAuthClient>> {
    const before = beforeOf(cursor, 'client');
    const rows = await this.changes.read((manager) => readClients(manager, organisationId, { before, limit: limit + 1 }));
    return pageOf(rows, limit, (row) => viewClient(row, this.clock.now()));
  }

  createClient(act: Act, input: CreateOAuthClient): Promise<CreatedOAuthClient> {
    return this.changes.make(act, async (change) => {
      const { client, secret } = await createClient(change, this.mint, input);
      return { ...viewClient(client, change.now), client_secret: secret };
    });
  }

  async getClient({ organisationId }: Act, id: string): Promise<OAuthClient> {
    const client = await this.changes.read((manager) => readClient(manager, id, organisationId));
    if (client === null) throw new TollgateError('not_found', 'There is no such OAuth client.');
    return viewClient(client, this.clock.now());
  }

  changeClient(act: Act, id: string, patch: ChangeOAuthClient): Promise<OAuthClient> {
    return this.changes.run(act, async (change) => viewClient(await changeClient(change, id, patch), change.now));
  }

  revokeClient(act: Act, id: string): Promise<OAuthClient> {
    return this.changes.run(act, async (change) => viewClient(await revokeClient(change, id), change.now));
  }

  renewSecret(act: Act, id: string, { overlap_seconds }: RenewOAuthSecret): Promise<CreatedOAuthClient> {
    return this.changes.make(act, async (change) => {
      const { client, secret } = await renewSecret(change, this.mint, id, overlap_seconds * 1_000);
      return { ...viewClient(client, change.now), client_secret: secret };
    });
  }

  async listGrants({ organisationId }: Act, query: ListOAuthGrantsQuery): Promise<Page<OAuthGrant>> {
    const before = beforeOf(query.cursor, 'grant');
    const { client_id, user_id, limit } = query;
    const rows = await this.changes.read((manager) =>
      readGrants(manager, organisationId, { client_id, user_id, before, limit: limit + 1 }),
    );
    return pageOf(rows, limit, (row) => viewGrant(row, this.clock.now()));
  }

  async revokeGrant(act: Act, id: string): Promise<OAuthGrant> {
    const grant = await this.changes.run(act, (change) => revokeGrant(change, id, act.organisationId, 'revoked'));
    if (grant === null) throw new TollgateError('not_found', 'There is no such grant.');
    return viewGrant(grant, this.clock.now());
  }

  listOwnGrants(act: Act, page: PageQuery): Promise<Page<OAuthGrant>> {
    return this.listGrants(act, { ...page, user_id: act.actor.id });
  }

  /** Somebody else's is not found: whoever may end those has an operation of their own. */
  async revokeOwnGrant(act: Act, id: string): Promise<OAuthGrant> {
    const grant = await this.changes.read((manager) => readGrant(manager, id, act.organisationId));
    if (grant?.userId !== act.actor.id) throw new TollgateError('not_found', 'There is no such grant of yours.');
    return this.revokeGrant(act, id);
  }

  listKeys(): OAuthKeys {
    return { data: this.keys.view() };
  }

  rotateKeys(act: Act): Promise<OAuthKeys> {
    return this.keys.rotate(act);
  }
}

/** The cursor is the id of the last one seen. */
function beforeOf(cursor: string | undefined, prefix: string): string | null {
  if (cursor === undefined) return null;
  if (!new RegExp(`^${prefix}_[0-9a-z]{26}$`).test(cursor))
    throw new TollgateError('invalid_request', 'The cursor is not one of ours.');
  return cursor;
}

function pageOf<R extends { readonly id: string }, T>(rows: readonly R[], limit: number, view: (row: R) => T): Page<T> {
  const shown = rows.slice(0, limit);
  const more = rows.length > limit;
  return { data: shown.map(view), next_cursor: more ? (shown.at(-1)?.id ?? null) : null, has_more: more };
}
