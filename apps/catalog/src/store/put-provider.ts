import type { CredentialCheck, CredentialTestReply, ModelLimits, Price, ProviderAuth, TimeoutsWish } from '@tollgate/contracts';
import type { ServedEndpoint } from '@tollgate/providers';
import type { Modalities } from '../prices/modalities-of-rates.js';
import type { Origin, WriteSession } from './session.js';

export interface ProviderSpec {
  readonly name: string;
  readonly title: string;
  readonly baseUrl: string;
  readonly auth: ProviderAuth;
  readonly serves: readonly ServedEndpoint[];
  readonly headers: Readonly<Record<string, string>>;
  readonly quirks: readonly string[];
  /** null = nobody knows a free call by which its keys could be tried. */
  readonly check: CredentialCheck | null;
  readonly allowPrivateNetwork: boolean;
  readonly pricesId: string | null;
  readonly timeouts?: TimeoutsWish;
  readonly origin: Origin;
}

export type CredentialSpec =
  | { readonly source: 'none' }
  | { readonly source: 'environment'; readonly variable: string }
  /** `seal` is given the id of the credential, to which the secret is bound. */
  | { readonly source: 'sealed'; readonly keyId: string; seal(credentialId: string): string };

/** A key that is sealed under its id already, and what came of it when it was tried; null = nobody was asked. */
export interface TriedSecret {
  readonly id: string;
  readonly keyId: string;
  readonly sealed: string;
  readonly test: CredentialTestReply | null;
}

export interface ModelSpec {
  /** As the upstream calls it. */
  readonly upstreamModel: string;
  /** `provider/model` without the provider, where that is another name. */
  readonly name?: string;
  readonly title: string;
  readonly contextTokens: number | null;
  readonly maxOutputTokens: number | null;
  readonly capabilities: readonly string[];
  /** Text both ways where it is not said. */
  readonly modalities?: Modalities;
  readonly deprecated: boolean;
  readonly listed: boolean;
  /** Price of the model as its source says. */
  readonly price: Price | null;
  /** Price of this deployment alone, before any other. */
  readonly priceOverride: Price | null;
  /** Of the deployment, where its owner is the file. */
  readonly limits?: ModelLimits;
  readonly weight?: number;
  readonly timeouts?: TimeoutsWish;
}

/** Makes or changes a provider and switches it on; answers its id. */
export async function putProvider(session: WriteSession, spec: ProviderSpec): Promise<string> {
  const rows = await session.query<{ id: string }>(
    `INSERT INTO catalog.providers (id, name, title, base_url, auth, serves, headers, quirks, allow_private_network, prices_id,
                                    origin, active, created_at, credential_check, timeouts)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, true, $12, $13, $14)
     ON CONFLICT (name) DO UPDATE SET title = excluded.title, base_url = excluded.base_url, auth = excluded.auth,
       serves = excluded.serves, headers = excluded.headers, quirks = excluded.quirks, prices_id = excluded.prices_id,
       allow_private_network = excluded.allow_private_network, origin = excluded.origin, active = true,
       credential_check = excluded.credential_check, timeouts = excluded.timeouts
     RETURNING id`,
    [
      session.newId('prov'),
      spec.name,
      spec.title,
      spec.baseUrl,
      JSON.stringify(spec.auth),
      JSON.stringify(spec.serves),
      JSON.stringify(spec.headers),
      JSON.stringify(spec.quirks),
      spec.allowPrivateNetwork,
      spec.pricesId,
      spec.origin,
      session.now,
      spec.check === null ? null : JSON.stringify(spec.check),
      JSON.stringify(spec.timeouts ?? {}),
    ],
  );
  return (rows[0] as { id: string }).id;
}

/** Makes a credential and lets the provider use it; one that says the same is kept, so that nothing changes. */
export async function putCredential(
  session: WriteSession,
  providerId: string,
  name: string,
  spec: CredentialSpec,
  origin: Origin,
): Promise<string> {
  const variable = spec.source === 'environment' ? spec.variable : null;
  const [same] = await session.query<{ id: string }>(
    `SELECT id FROM catalog.credentials
      WHERE provider_id = $1 AND source = $2 AND source <> 'sealed' AND variable IS NOT DISTINCT FROM $3 AND origin = $4`,
    [providerId, spec.source, variable, origin],
  );
  const id = same?.id ?? session.newId('cred');
  if (same === undefined) {
    const [keyId, sealed] = spec.source === 'sealed' ? [spec.keyId, spec.seal(id)] : [null, null];
    await session.query(
      `INSERT INTO catalog.credentials (id, provider_id, name, source, variable, key_id, sealed, origin, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [id, providerId, name, spec.source, variable, keyId, sealed, origin, session.now],
    );
  }
  await session.query('UPDATE catalog.providers SET credential_id = $2 WHERE id = $1', [providerId, id]);
  return id;
}

/** Stores a key that is sealed already, and lets the provider use it, alone or beside the others. */
export async function putTriedSecret(
  session: WriteSession,
  providerId: string,
  { name, pool, weight }: { readonly name: string; readonly pool: boolean; readonly weight: number },
  { id, keyId, sealed, test }: TriedSecret,
): Promise<void> {
  // One that takes over ends the sharing; one that shares leaves the first where it is.
  if (!pool) await session.query('UPDATE catalog.credentials SET pooled = false WHERE provider_id = $1', [providerId]);
  await session.query(
    `INSERT INTO catalog.credentials (id, provider_id, name, source, key_id, sealed, test, tested_at, origin, created_at, pooled, weight)
     VALUES ($1, $2, $3, 'sealed', $4, $5, $6, $7, 'api', $8, $9, $10)`,
    [id, providerId, name, keyId, sealed, ...testColumns(test, session.now), session.now, pool, weight],
  );
  await session.query(
    'UPDATE catalog.providers SET credential_id = CASE WHEN $3 THEN coalesce(credential_id, $2) ELSE $2 END WHERE id = $1',
    [providerId, id, pool],
  );
}

/** `test` and `tested_at`. */
const testColumns = (test: CredentialTestReply | null, now: Date): readonly [string | null, Date | null] =>
  test === null ? [null, null] : [JSON.stringify(test), now];
