import {
  type CreatedToken,
  type Incident,
  type Page,
  type RotatedToken,
  SUBJECTS,
  type TokenResolveReply,
  type TokenSnapshot,
  type TokenUse,
  type WatchRule,
  type WatchSettings,
  type WatchSighting,
} from '@tollgate/contracts';
import { digestsOfToken, readPeppers } from '@tollgate/policy';
import { createTestDatabase } from '@tollgate/testing';
import { expect } from 'vitest';
import { databaseOfAuth, PEPPER, startAuth } from '../../testing/start-auth.js';

export const INCIDENTS = '/api/v1/incidents';
export const WATCHING = '/api/v1/watching';
const TOKENS = '/api/v1/tokens';

/** A running auth that may call webhooks on loopback, and what routers would tell it. */
export async function startWatching() {
  const database = await createTestDatabase(databaseOfAuth());
  const variables = { TOLLGATE_WEBHOOK_PRIVATE_NETWORKS: '127.0.0.0/8' };
  const auth = await startAuth({ url: database.url, overrides: { variables } });
  const peppers = readPeppers(PEPPER);
  if (!peppers.ok) throw new Error(peppers.error);
  const caller = { network: '198.51.100.0/24', userAgent: 'curl' };
  const common = () => ({ at: Date.now(), count: 1, ...caller });
  const make = async (body: object = {}): Promise<CreatedToken> => {
    const answer = await auth.call<CreatedToken>('POST', TOKENS, { name: 'app', ...body });
    expect(answer.status, answer.text).toBe(201);
    return answer.body;
  };
  const rotate = async (id: string, body: object = { overlap_seconds: 0 }): Promise<RotatedToken> => {
    const answer = await auth.call<RotatedToken>('POST', `${TOKENS}/${id}/rotate`, body);
    expect(answer.status, answer.text).toBe(201);
    return answer.body;
  };
  const report = async (...sightings: WatchSighting[]) =>
    expect(await auth.ask(SUBJECTS.watchReport, { v: 1, sightings })).toEqual({ status: 'ok' });
  const use = async (...uses: TokenUse[]) => expect(await auth.ask(SUBJECTS.tokenUsed, { v: 1, uses })).toEqual({ status: 'ok' });
  /** A call that was refused although, or because, this very secret came with it. */
  const refused = (publicId: string, text: string, fields: Partial<Extract<WatchSighting, { kind: 'refused' }>> = {}) => ({
    ...common(),
    kind: 'refused' as const,
    publicId,
    reason: 'wrong_secret',
    secretId: null,
    digests: digestsOfToken(peppers.value, text),
    permission: 'llm:chat',
    ...fields,
  });
  const exposed = (publicId: string, text: string, fields: Partial<Extract<WatchSighting, { kind: 'exposed' }>> = {}) => ({
    ...common(),
    kind: 'exposed' as const,
    publicId,
    digests: digestsOfToken(peppers.value, text),
    place: 'body' as const,
    callerTokenId: null,
    callerOrganisationId: null,
    done: 'passed' as const,
    ...fields,
  });
  const incidents = async (query: Record<string, string> = {}, token?: string): Promise<readonly Incident[]> => {
    const answer = await auth.call<Page<Incident>>('GET', `${INCIDENTS}?${new URLSearchParams(query)}`, undefined, token);
    expect(answer.status, answer.text).toBe(200);
    return answer.body.data;
  };
  const incidentOf = async (tokenId: string, rule: WatchRule): Promise<Incident> => {
    const [one, ...more] = await incidents({ token_id: tokenId, rule });
    expect(more).toEqual([]);
    if (one === undefined) throw new Error(`no incident of ${rule}`);
    return one;
  };
  const rulesOf = async (tokenId: string): Promise<readonly WatchRule[]> =>
    (await incidents({ token_id: tokenId })).map(({ rule }) => rule).sort();
  const act = (id: string, verb: 'acknowledge' | 'resolve' | 'restore', token?: string) =>
    auth.call<Incident>('POST', `${INCIDENTS}/${id}/${verb}`, undefined, token);
  const put = async (body: object = {}): Promise<WatchSettings> => {
    const answer = await auth.call<WatchSettings>('PUT', WATCHING, body);
    expect(answer.status, answer.text).toBe(200);
    return answer.body;
  };
  const snapshot = async (publicId: string): Promise<TokenSnapshot> => {
    const reply = await auth.ask<TokenResolveReply>(SUBJECTS.tokenResolve, { publicId });
    if (reply.status !== 'found') throw new Error(reply.status);
    return reply.token;
  };
  const actionsOn = async (id: string): Promise<readonly string[]> => {
    const rows: { action: string }[] = await auth.dataSource.query(
      "SELECT action FROM auth.audit_events WHERE target ->> 'id' = $1 ORDER BY seq",
      [id],
    );
    return rows.map(({ action }) => action);
  };
  const secretOf = ({ secrets }: CreatedToken): string => secrets[0]?.id ?? '';
  return {
    ...auth,
    caller,
    make,
    rotate,
    report,
    use,
    refused,
    exposed,
    garbage: (network: string, count: number): WatchSighting => ({ ...common(), kind: 'garbage', network, count }),
    incidents,
    incidentOf,
    rulesOf,
    act,
    put,
    snapshot,
    actionsOn,
    secretOf,
    close: async () => {
      await auth.close();
      await database.drop();
    },
  };
}
