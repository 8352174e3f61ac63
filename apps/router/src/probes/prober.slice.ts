import { SUBJECTS, type UpstreamProbeRequest, UpstreamProbeRequestSchema } from '@tollgate/contracts';
import { decodeJson, encodeJson } from '@tollgate/kernel';
import { BREAKER_DEFAULTS, HealthBook } from '@tollgate/policy';
import { createTestClock, waitFor } from '@tollgate/testing';
import { createInProcessTransport, type Transport } from '@tollgate/transport';
import { beforeEach, expect, test } from 'vitest';
import { Prober } from './prober.js';

const deployment = {
  id: 'dep_a',
  provider: 'p',
  upstreamModel: 'm',
  serves: [],
  contextTokens: null,
  maxOutputTokens: null,
  price: null,
  credentialId: 'cred_a',
};
const clock = createTestClock();
let transport: Transport;
let health: HealthBook;
let prober: Prober;
let asked: UpstreamProbeRequest[];
let reply: object;

beforeEach(() => {
  transport = createInProcessTransport({ clock });
  health = new HealthBook({ ...BREAKER_DEFAULTS, failuresMin: 1 });
  const logger = { debug() {}, info() {}, warn() {}, error() {}, fatal() {}, child: () => logger };
  prober = new Prober({ transport, health, clock, logger });
  asked = [];
});
const adapter = (): void => {
  transport.respond(SUBJECTS.upstreamProbe, 'provider-adapters', async ({ body }) => {
    asked.push(UpstreamProbeRequestSchema.parse(decodeJson(body)));
    return encodeJson(reply);
  });
};
const fails = (failure: 'authentication' | 'unreachable'): void => {
  health.begin(deployment, clock.monotonic());
  health.end(deployment, { kind: 'failed', failure, retryAfterMs: null }, clock.monotonic());
};

test('a key that is good again is used again, without a call for a trial; one that is still refused is left for longer', async () => {
  adapter();
  fails('authentication');
  prober.look();
  expect(asked).toEqual([]);
  clock.advance(28_500);
  reply = { outcome: 'refused', detail: '', reached: true };
  prober.look();
  await waitFor(() => asked.length === 1, { what: 'the first probe' });
  clock.advance(2_000);
  await waitFor(() => !health.usable(deployment, clock.monotonic()), { what: 'the longer pause' });
  reply = { outcome: 'accepted', detail: '', reached: true };
  clock.advance(8_000);
  prober.look();
  await waitFor(() => asked.length === 2 && health.usable(deployment, clock.monotonic()), { what: 'the key in use' });
  expect(asked).toEqual([
    { v: 1, deploymentId: 'dep_a' },
    { v: 1, deploymentId: 'dep_a' },
  ]);
});

test('a place that is still out of reach is left for longer; where nothing is learnt a call is the trial', async () => {
  adapter();
  const start = clock.monotonic();
  fails('unreachable');
  clock.advance(4_000);
  reply = { outcome: 'unknown', detail: '', reached: false };
  prober.look();
  await waitFor(() => health.usableAt(deployment, clock.monotonic()) === start + 14_000, { what: 'the longer pause' });
  reply = { outcome: 'unknown', detail: '' };
  clock.advance(9_000);
  prober.look();
  await waitFor(() => asked.length === 2, { what: 'the second probe' });
  clock.advance(1_000);
  expect(health.usable(deployment, clock.monotonic())).toBe(true);
});

test('without an adapter nothing happens', async () => {
  fails('unreachable');
  clock.advance(4_000);
  prober.look();
  clock.advance(1_000);
  expect(health.usable(deployment, clock.monotonic())).toBe(true);
});
