import type { TokenPolicy } from '@tollgate/contracts';
import { newId } from '@tollgate/kernel';
import { DEFAULT_BRAND, digestToken, generateToken } from '@tollgate/policy';
import type { Change } from '../../changes/changes.js';
import type { TokenRow, TokenSecretRow } from '../../database/entities.js';
import type { Mint } from '../../tokens/create-token.js';

export interface KeyWish {
  readonly name: string;
  readonly organisationId: string;
  readonly teamId: string | null;
  readonly ownerId: string | null;
  readonly parentId: string | null;
  readonly expiresAt: Date | null;
  /** Given the id of the row: counters of limits are named by it. */
  policyOf(id: string): TokenPolicy;
}

/** The row of an OAuth client or grant: to a router a key like any other, but proven by a signature of ours. */
export function keyRow({ act, now }: Change, mint: Mint, wish: KeyWish): TokenRow {
  const id = newId('tok', now, mint.randomBytes);
  const { publicId } = generateToken({ type: 'o', environment: 'live', randomBytes: mint.randomBytes });
  const time = new Date(now);
  return {
    id,
    publicId,
    organisationId: wish.organisationId,
    teamId: wish.teamId,
    ownerId: wish.ownerId,
    parentId: wish.parentId,
    name: wish.name,
    type: 'o',
    environment: 'live',
    status: 'active',
    policy: wish.policyOf(id),
    tags: [],
    expiresAt: wish.expiresAt,
    idleExpiryDays: null,
    idleExpiresAt: null,
    lastUsedAt: null,
    createdBy: act.actor.id,
    createdAt: time,
    updatedAt: time,
    revokedAt: null,
    revision: 1,
  };
}

export interface MadeSecret {
  readonly row: TokenSecretRow;
  /** Shown once, stored nowhere. */
  readonly text: string;
}

/** A client's secret has the form of a token, so that scanners find it where it should not be; no router takes it for one. */
export function newSecret(now: number, mint: Mint, token: Pick<TokenRow, 'id' | 'publicId'>): MadeSecret {
  const { text } = generateToken({
    type: 'o',
    environment: 'live',
    randomBytes: mint.randomBytes,
    brand: mint.brand ?? DEFAULT_BRAND,
    publicId: token.publicId,
  });
  const [pepper] = mint.peppers;
  const time = new Date(now);
  const row: TokenSecretRow = {
    id: newId('sec', now, mint.randomBytes),
    tokenId: token.id,
    digest: digestToken(pepper.key, text),
    pepperVersion: pepper.version,
    state: 'active',
    createdAt: time,
    activatedAt: time,
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
  };
  return { row, text };
}
