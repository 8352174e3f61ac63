import type { TokenPolicy } from '@tollgate/contracts';
import { EntitySchema } from 'typeorm';

export interface OrganisationRow {
  id: string;
  name: string;
  /** Runs the installation. One does. */
  operator: boolean;
  status: 'active' | 'suspended';
  createdAt: Date;
  updatedAt: Date;
  revision: number;
}

export interface TeamRow {
  id: string;
  organisationId: string;
  name: string;
  createdAt: Date;
  updatedAt: Date;
  revision: number;
}

export interface TokenRow {
  id: string;
  publicId: string;
  organisationId: string;
  teamId: string | null;
  parentId: string | null;
  name: string;
  /** `o`: an OAuth client, or what a user granted to one. */
  type: 'k' | 'a' | 'o';
  environment: 'live' | 'test';
  status: 'active' | 'suspended' | 'revoked';
  /** Its own; what its parents, team and organisation add comes at the resolve. */
  policy: TokenPolicy;
  ownerId: string | null;
  tags: string[];
  idleExpiryDays: number | null;
  /** Up to an hour after the end of the idleness: the row is touched once an hour at most. */
  idleExpiresAt: Date | null;
  /** Its own or a child's; at most an hour early. Exactly it stands with the secrets. */
  lastUsedAt: Date | null;
  expiresAt: Date | null;
  /** Token id of the maker, or the part of the system. */
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
  revokedAt: Date | null;
  revision: number;
}

export interface TokenSecretRow {
  id: string;
  tokenId: string;
  /** HMAC-SHA256 of the text under the pepper of that version. */
  digest: Buffer;
  pepperVersion: number;
  state: 'pending' | 'active' | 'grace' | 'revoked';
  createdAt: Date;
  activatedAt: Date | null;
  expiresAt: Date | null;
  revokedAt: Date | null;
  /** At most two minutes early. */
  lastUsedAt: Date | null;
}

const id = { type: 'text', primary: true } as const;
const text = (name: string) => ({ type: 'text', name }) as const;
const textOrNull = (name: string) => ({ type: 'text', name, nullable: true }) as const;
const time = (name: string) => ({ type: 'timestamptz', precision: 3, name }) as const;
const timeOrNull = (name: string) => ({ type: 'timestamptz', precision: 3, name, nullable: true }) as const;
const whole = (name: string) => ({ type: 'integer', name }) as const;

export const OrganisationEntity = new EntitySchema<OrganisationRow>({
  name: 'Organisation',
  tableName: 'organisations',
  columns: {
    id,
    name: text('name'),
    operator: { type: 'boolean', name: 'operator' },
    status: text('status'),
    createdAt: time('created_at'),
    updatedAt: time('updated_at'),
    revision: whole('revision'),
  },
});

export const TeamEntity = new EntitySchema<TeamRow>({
  name: 'Team',
  tableName: 'teams',
  columns: {
    id,
    organisationId: text('organisation_id'),
    name: text('name'),
    createdAt: time('created_at'),
    updatedAt: time('updated_at'),
    revision: whole('revision'),
  },
});

export const TokenEntity = new EntitySchema<TokenRow>({
  name: 'Token',
  tableName: 'tokens',
  columns: {
    id,
    publicId: text('public_id'),
    organisationId: text('organisation_id'),
    teamId: textOrNull('team_id'),
    parentId: textOrNull('parent_id'),
    name: text('name'),
    type: text('type'),
    environment: text('environment'),
    status: text('status'),
    policy: { type: 'jsonb', name: 'policy' },
    ownerId: textOrNull('owner_id'),
    tags: { type: 'text', array: true, name: 'tags' },
    idleExpiryDays: { type: 'integer', name: 'idle_expiry_days', nullable: true },
    idleExpiresAt: timeOrNull('idle_expires_at'),
    lastUsedAt: timeOrNull('last_used_at'),
    expiresAt: timeOrNull('expires_at'),
    createdBy: text('created_by'),
    createdAt: time('created_at'),
    updatedAt: time('updated_at'),
    revokedAt: timeOrNull('revoked_at'),
    revision: whole('revision'),
  },
});

export const TokenSecretEntity = new EntitySchema<TokenSecretRow>({
  name: 'TokenSecret',
  tableName: 'token_secrets',
  columns: {
    id,
    tokenId: text('token_id'),
    digest: { type: 'bytea', name: 'digest' },
    pepperVersion: whole('pepper_version'),
    state: text('state'),
    createdAt: time('created_at'),
    activatedAt: timeOrNull('activated_at'),
    expiresAt: timeOrNull('expires_at'),
    revokedAt: timeOrNull('revoked_at'),
    lastUsedAt: timeOrNull('last_used_at'),
  },
});

/** The rest of the schema (feed, quota, audit) is written by statements of its own, where each lock counts. */
export const AUTH_ENTITIES = [OrganisationEntity, TeamEntity, TokenEntity, TokenSecretEntity];
