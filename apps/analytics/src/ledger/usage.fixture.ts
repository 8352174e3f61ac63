import { randomBytes } from 'node:crypto';
import { NO_USAGE, type Price, type Usage, type UsageAttempt, type UsageRecord, type UsageReport } from '@tollgate/contracts';
import { newId } from '@tollgate/kernel';
import { priceUsage } from '@tollgate/policy';

/** A moment in the middle of a day and of an hour. */
export const NOON = Date.parse('2026-03-10T12:30:00Z');

export const TOKEN_1 = 'tok_00000000000000000000000001';
export const TOKEN_2 = 'tok_00000000000000000000000002';

export const PRICE: Price = {
  source: 'test:model',
  currency: 'USD',
  input: '2.5',
  output: '10',
  cacheRead: '1.25',
  cacheWrite: null,
  inputAudio: null,
  outputAudio: null,
  tiers: [],
  perRequest: null,
};

export const tokens = (input: number, output: number): Usage => ({ ...NO_USAGE, input, output });

export const newRequestId = (atMs = NOON): string => newId('req', atMs, randomBytes);

export function newAttempt(overrides: Partial<UsageAttempt> = {}): UsageAttempt {
  const usage = overrides.usage ?? tokens(100, 20);
  const price = overrides.price === undefined ? PRICE : overrides.price;
  return {
    number: 1,
    deploymentId: 'dep_1',
    provider: 'openai',
    upstreamModel: 'gpt-4o',
    status: 200,
    errorCode: null,
    startedAt: NOON,
    firstByteMs: 100,
    durationMs: 500,
    upstreamRequestId: 'up-1',
    usage,
    basis: 'reported',
    price,
    cost: priceUsage(price, usage),
    ...overrides,
  };
}

/** A record that fits its attempts: one good one by default. */
export function newRecord(overrides: Partial<UsageRecord> = {}): UsageRecord {
  const attempts = overrides.attempts ?? [newAttempt()];
  const [attempt] = attempts;
  return {
    v: 1,
    id: newRequestId(),
    clientRequestId: null,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    organisationId: 'org_1',
    teamId: null,
    tokenId: TOKEN_1,
    secretId: 'sec_1',
    endpoint: 'chat.completions',
    dialect: 'openai-chat',
    model: 'openai/gpt-4o',
    stream: false,
    outcome: 'succeeded',
    status: 200,
    errorCode: null,
    startedAt: NOON,
    durationMs: 512.5,
    firstByteMs: 101.25,
    overheadMs: 1.5,
    requestBytes: 400,
    responseBytes: 1_200,
    attempts,
    usage: attempt?.usage ?? NO_USAGE,
    basis: attempt?.basis ?? 'none',
    cost: attempt?.cost ?? null,
    unverified: false,
    metadata: {},
    ...overrides,
  };
}

export function newReport(id: string, overrides: Partial<UsageReport> = {}): UsageReport {
  return {
    v: 1,
    id,
    attempt: 1,
    status: 200,
    usage: tokens(110, 25),
    basis: 'reported',
    durationMs: 480,
    firstByteMs: 90,
    upstreamRequestId: 'up-1',
    ...overrides,
  };
}
