import type { TokenPolicy } from '@tollgate/contracts';
import { EntitySchema } from 'typeorm';

export interface OrganisationRow {
  id: string;
  name: string;
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
  type: 'k' | 'a';
  environment: 'live' | 'test';
  status: 'active' | 'suspended' | 'revoked';
  policy: TokenPolicy;
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
  columns: { id, name: text('name'), createdAt: time('created_at'), updatedAt: time('updated_at'), revision: whole('revision') },
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
  },
});

/** The rest of the schema (feed, quota, audit) is written by statements of its own, where each lock counts. */
export const AUTH_ENTITIES = [OrganisationEntity, TeamEntity, TokenEntity, TokenSecretEntity];
