import type {
  CreatedToken,
  Page,
  RotatedToken,
  Rotation,
  RotationSchedule,
  TokenResolveReply,
  TokenSecretView,
} from '@tollgate/contracts';
import { SUBJECTS } from '@tollgate/contracts';
import { type PepperSet, parseToken, readPeppers, verifyToken } from '@tollgate/policy';
import { createTestDatabase, waitFor } from '@tollgate/testing';
import { expect } from 'vitest';
import { databaseOfAuth, PEPPER, startAuth } from '../../testing/start-auth.js';
import { startWebhookReceiver } from './webhook-receiver.js';

export const TOKENS = '/api/v1/tokens';

/** A running auth that may call webhooks on loopback, and what the cases of rotation ask of it. */
export async function startRotations() {
  const database = await createTestDatabase(databaseOfAuth());
  const variables = { TOLLGATE_WEBHOOK_PRIVATE_NETWORKS: '127.0.0.0/8' };
  let receiver = await startWebhookReceiver();
  const auth = await startAuth({ url: database.url, overrides: { variables } });
  const make = async (body: object = {}): Promise<CreatedToken> => {
    const answer = await auth.call<CreatedToken>('POST', TOKENS, { name: 'app', ...body });
    expect(answer.status, answer.text).toBe(201);
    return answer.body;
  };
  const rotate = (id: string, body: object = {}) => auth.call<RotatedToken>('POST', `${TOKENS}/${id}/rotate`, body);
  const rotated = async (id: string, body: object = {}): Promise<RotatedToken> => {
    const answer = await rotate(id, body);
    expect(answer.status, answer.text).toBe(201);
    return answer.body;
  };
  const secretsOf = async (id: string) =>
    (await auth.call<{ data: TokenSecretView[] }>('GET', `${TOKENS}/${id}/secrets`)).body.data;
  const rotationsOf = async (id: string) => (await auth.call<Page<Rotation>>('GET', `${TOKENS}/${id}/rotations`)).body.data;
  const peppers = (): PepperSet => {
    const read = readPeppers(PEPPER);
    if (!read.ok) throw new Error(read.error);
    return read.value;
  };
  /** What a router would say, at that time. */
  const verdict = async (text: string, now = Date.now()): Promise<string> => {
    const parsed = parseToken(text);
    if (!parsed.ok) return parsed.error;
    const reply = await auth.ask<TokenResolveReply>(SUBJECTS.tokenResolve, { publicId: parsed.value.publicId });
    const verified = verifyToken(parsed.value, reply.status === 'found' ? reply.token : null, peppers(), now);
    return verified.ok ? 'ok' : verified.error;
  };
  const actionsOf = async (id: string): Promise<string[]> => {
    const rows: { action: string }[] = await auth.dataSource.query(
      "SELECT action FROM auth.audit_events WHERE target ->> 'id' = $1 ORDER BY seq",
      [id],
    );
    return rows.map(({ action }) => action);
  };
  const schedule = (id: string, body: object = {}) =>
    auth.call<RotationSchedule>('PUT', `${TOKENS}/${id}/rotation`, {
      timing: { kind: 'every', days: 30 },
      delivery: { kind: 'webhook', url: receiver.url },
      ...body,
    });
  /** As if the time of the run had come. */
  const makeDue = (id: string) =>
    auth.dataSource.query('UPDATE auth.rotation_schedules SET next_run_at = now() WHERE token_id = $1', [id]);
  const retryNow = (id: string) =>
    auth.dataSource.query(
      'UPDATE auth.rotations SET next_attempt_at = now() WHERE token_id = $1 AND next_attempt_at IS NOT NULL',
      [id],
    );
  const untilState = (id: string, state: Rotation['state']): Promise<Rotation> =>
    waitFor(async () => (await rotationsOf(id)).find((rotation) => rotation.state === state) ?? null, {
      timeoutMs: 10_000,
      what: `a rotation ${state}`,
    });
  const dump = async (): Promise<string> => {
    const rows: { dump: string }[] = await auth.dataSource.query(
      `SELECT (SELECT json_agg(s) FROM auth.token_secrets s)::text || (SELECT json_agg(a) FROM auth.audit_events a)::text
         || coalesce((SELECT json_agg(r) FROM auth.rotations r)::text, '')
         || coalesce((SELECT json_agg(r) FROM auth.rotation_schedules r)::text, '') AS dump`,
    );
    return rows[0]?.dump ?? '';
  };
  return {
    auth,
    get receiver() {
      return receiver;
    },
    /** A case does not hear what an earlier one has caused. */
    renewReceiver: async () => {
      await receiver.close();
      receiver = await startWebhookReceiver();
    },
    make,
    rotate,
    rotated,
    secretsOf,
    rotationsOf,
    verdict,
    actionsOf,
    schedule,
    makeDue,
    retryNow,
    untilState,
    dump,
    close: async () => {
      await auth.close();
      await receiver.close();
      await database.drop();
    },
  };
}

export type Rotations = Awaited<ReturnType<typeof startRotations>>;
