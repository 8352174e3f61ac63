import { randomBytes } from 'node:crypto';
import {
  EMPTY_POLICY,
  SUBJECTS,
  type TokenSnapshot,
  type UsageCommitted,
  type UsageRecord,
  type UsageReport,
} from '@tollgate/contracts';
import { type Clock, decodeJson, encodeJson, encodeUtf8 } from '@tollgate/kernel';
import { bootServices, type ServicesHandle } from '@tollgate/nest';
import { digestToken, generateToken, readPeppers } from '@tollgate/policy';
import { createInProcessTransport, type Transport } from '@tollgate/transport';
import { analyticsService } from './index.js';

const PEPPER = randomBytes(32).toString('hex');

/** The organisation that runs the installation. */
export const OPERATOR = 'org_operator';

export interface TestService {
  readonly url: string;
  readonly metricsUrl: string | null;
  readonly transport: Transport;
  readonly context: ServicesHandle['context'];
  settle(records: readonly UsageRecord[]): Promise<UsageCommitted>;
  sendLines(text: string): Promise<UsageCommitted>;
  report(report: UsageReport): Promise<UsageCommitted>;
  /** GET as a token of that organisation with these scopes. */
  get(
    path: string,
    organisationId?: string,
    scopes?: readonly string[],
    teamId?: string | null,
  ): Promise<{ status: number; body: never }>;
  /** The same with a body. */
  send(
    method: string,
    path: string,
    body: unknown,
    organisationId: string,
    scopes: readonly string[],
  ): Promise<{ status: number; body: never }>;
  close(): Promise<void>;
}

/** Analytics as a process of its own has it, on a real Postgres; auth is played by a responder on the same transport. */
export async function startTestService(databaseUrl: string, clock: Clock): Promise<TestService> {
  const transport = createInProcessTransport({ clock });
  const tokens = new Map<string, TokenSnapshot>();
  transport.respond(SUBJECTS.tokenResolve, 'auth', async (message) => {
    const { publicId } = decodeJson(message.body) as { publicId: string };
    const token = tokens.get(publicId);
    return encodeJson(token === undefined ? { status: 'unknown', sequence: 0 } : { status: 'found', token, sequence: 0 });
  });
  const handle: ServicesHandle = await bootServices([analyticsService], {
    transport,
    clock,
    migrate: true,
    variables: {
      PORT: '0',
      TOLLGATE_METRICS_PORT: '0',
      DATABASE_URL: databaseUrl,
      TOLLGATE_TOKEN_PEPPER: PEPPER,
      LOG_LEVEL: 'fatal',
      OTEL_SDK_DISABLED: 'true',
    },
  });
  const request = async (subject: string, body: Uint8Array): Promise<UsageCommitted> =>
    decodeJson(await transport.request(subject, body, { timeoutMs: 15_000 })) as UsageCommitted;
  const sendLines = (text: string): Promise<UsageCommitted> => request(SUBJECTS.usageSettled, encodeUtf8(text));
  return {
    url: handle.url,
    metricsUrl: handle.metricsUrl,
    transport,
    context: handle.context,
    sendLines,
    settle: (records) => sendLines(records.map((record) => `${JSON.stringify(record)}\n`).join('')),
    report: (report) => request(SUBJECTS.usageReported, encodeJson(report)),
    get: async (path, organisationId = 'org_1', scopes = ['usage:read'], teamId = null) => {
      const token = newToken(organisationId, scopes, teamId);
      tokens.set(token.snapshot.publicId, token.snapshot);
      const response = await fetch(`${handle.url}${path}`, { headers: { authorization: `Bearer ${token.text}` } });
      return { status: response.status, body: (await response.json()) as never };
    },
    send: async (method, path, body, organisationId, scopes) => {
      const token = newToken(organisationId, scopes, null);
      tokens.set(token.snapshot.publicId, token.snapshot);
      const headers = { authorization: `Bearer ${token.text}`, 'content-type': 'application/json' };
      const response = await fetch(`${handle.url}${path}`, { method, headers, body: JSON.stringify(body) });
      return { status: response.status, body: (await response.json()) as never };
    },
    close: async () => {
      await handle.close();
      await transport.drain(1_000);
    },
  };
}

function newToken(
  organisationId: string,
  scopes: readonly string[],
  teamId: string | null,
): { text: string; snapshot: TokenSnapshot } {
  const peppers = readPeppers(PEPPER);
  if (!peppers.ok) throw new Error(peppers.error);
  const { text, publicId } = generateToken({ type: 'a', environment: 'test', randomBytes });
  const digest = digestToken(peppers.value[0].key, text).toString('base64url');
  return {
    text,
    snapshot: {
      id: `tok_${publicId}`,
      publicId,
      type: 'a',
      name: 'test',
      organisationId,
      teamId,
      operator: organisationId === OPERATOR,
      status: 'active',
      expiresAt: null,
      secrets: [{ id: 'sec_1', digest, pepperVersion: 1, state: 'active', expiresAt: null }],
      policy: {
        ...EMPTY_POLICY,
        scopes: [...scopes],
        models: { allow: ['*'], deny: [] },
      },
      revision: 1,
    },
  };
}
