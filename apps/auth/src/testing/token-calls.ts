import { randomBytes } from 'node:crypto';
import { type CreatedToken, SUBJECTS, type TokenResolveReply } from '@tollgate/contracts';
import { newId } from '@tollgate/kernel';
import { expect } from 'vitest';
import type { RunningAuth } from './start-auth.js';

export const TOKENS = '/api/v1/tokens';

/** What cases of keys ask of a running auth; it is asked for at each call, as it starts after the cases are read. */
export function tokenCalls(running: () => RunningAuth) {
  return {
    /** A key, created by the management API. */
    made: async (body: object, token?: string): Promise<CreatedToken> => {
      const answer = await running().call<CreatedToken>('POST', TOKENS, { name: 'x', ...body }, token);
      expect(answer.status, answer.text).toBe(201);
      return answer.body;
    },
    /** A key as the routers see it. */
    resolve: async (publicId: string) => {
      const reply = await running().ask<TokenResolveReply>(SUBJECTS.tokenResolve, { publicId });
      if (reply.status !== 'found') throw new Error(reply.status);
      return reply.token;
    },
    /** A service account that keys can belong to. */
    ownerNamed: async (name: string): Promise<string> => {
      const { dataSource, secrets } = running();
      const id = newId('sa', Date.now(), randomBytes);
      await dataSource.query(
        `INSERT INTO auth.service_accounts (id, organisation_id, name, status, created_at, updated_at)
         VALUES ($1, $2, $3, 'active', now(), now())`,
        [id, secrets.organisationId, name],
      );
      return id;
    },
  };
}
