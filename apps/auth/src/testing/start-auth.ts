import { randomBytes } from 'node:crypto';
import type { Token } from '@tollgate/contracts';
import { decodeJson, encodeJson } from '@tollgate/kernel';
import { type BootOverrides, bootServices, dataSourceToken, type ServicesHandle, systemClock, TRANSPORT } from '@tollgate/nest';
import { readPeppers } from '@tollgate/policy';
import { createTestDatabase } from '@tollgate/testing';
import type { Transport } from '@tollgate/transport';
import type { DataSource } from 'typeorm';
import { authService, bootstrapFirstOrganisation, type FirstSecrets } from '../index.js';

export const PEPPER = '1:'.concat('ab'.repeat(32));
export const AUDIT_KEY_TEXT = 'cd'.repeat(32);

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
  readonly text: string;
}

/** Auth as a process would run it, on a database of its own. */
export interface RunningAuth {
  readonly handle: ServicesHandle;
  readonly dataSource: DataSource;
  readonly transport: Transport;
  readonly secrets: FirstSecrets;
  call<T = Token>(
    method: string,
    path: string,
    body?: unknown,
    token?: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer<T>>;
  ask<T>(subject: string, message: unknown): Promise<T>;
  close(): Promise<void>;
}

export async function bootAuth(url: string, overrides: BootOverrides = {}): Promise<ServicesHandle> {
  const variables = {
    DATABASE_URL: url,
    TOLLGATE_TOKEN_PEPPER: PEPPER,
    TOLLGATE_AUDIT_KEY: AUDIT_KEY_TEXT,
    PORT: '0',
    TOLLGATE_METRICS_PORT: 'off',
    LOG_LEVEL: 'fatal',
    OTEL_SDK_DISABLED: 'true',
    TOLLGATE_DRAIN_GRACE_MS: '1000',
    ...overrides.variables,
  };
  return bootServices([authService], { databaseWaitMs: 5_000, ...overrides, variables });
}

export async function startAuth(given?: { readonly url: string; readonly overrides?: BootOverrides }): Promise<RunningAuth> {
  const database = given === undefined ? await createTestDatabase(databaseOfAuth()) : null;
  const url = given?.url ?? database?.url ?? '';
  const handle = await bootAuth(url, given?.overrides);
  const dataSource = handle.context.get<DataSource>(dataSourceToken('auth'));
  const transport = handle.context.get<Transport>(TRANSPORT);
  const peppers = readPeppers(PEPPER);
  if (!peppers.ok) throw new Error(peppers.error);
  const secrets = await bootstrapFirstOrganisation({ dataSource, clock: systemClock, randomBytes, peppers: peppers.value });
  if (secrets === null) throw new Error('the database was not empty');
  return {
    handle,
    dataSource,
    transport,
    secrets,
    call: async <T>(
      method: string,
      path: string,
      body?: unknown,
      token = secrets.admin,
      headers: Readonly<Record<string, string>> = {},
    ): Promise<Answer<T>> => {
      const response = await fetch(`${handle.url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: (text === '' ? null : JSON.parse(text)) as T, text };
    },
    ask: async <T>(subject: string, message: unknown): Promise<T> =>
      decodeJson(await transport.request(subject, encodeJson(message), { timeoutMs: 5_000 })) as T,
    close: async () => {
      await handle.close();
      await database?.drop();
    },
  };
}

export function databaseOfAuth() {
  if (authService.database === null) throw new Error('auth stores something');
  return authService.database;
}
