import { EMPTY_POLICY, SUBJECTS, type TimeWindow, type TokenUsedReport } from '@tollgate/contracts';
import { decodeJson, encodeJson, encodeUtf8 } from '@tollgate/kernel';
import { digestToken, readPeppers, verifyRenewal } from '@tollgate/policy';
import { createTestClock, waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answerWhole, chat, event, head, RouterHarness } from '../testing/harness.js';

const clock = createTestClock();
const harness = new RouterHarness(clock);
beforeAll(async () => {
  await harness.start();
  await waitFor(() => harness.router.gate.routes.index);
});
afterAll(() => harness.stop());
beforeEach(() => {
  harness.adapt = (stream) => answerWhole(stream);
});

const errorOf = async (response: Response): Promise<readonly [number, string, string | null, string]> => {
  const { error } = (await response.json()) as { error: { code: string; param: string | null; message: string } };
  return [response.status, error.code, error.param, error.message];
};
/** Open around the test's own time by so many minutes on both sides. */
const windowAround = (fromMinutes: number, toMinutes: number): TimeWindow => {
  const at = (minutes: number): Date => new Date(clock.now() + minutes * 60_000);
  const text = (time: Date): string => time.toISOString().slice(11, 16);
  return {
    days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
    from: text(at(fromMinutes)),
    to: text(at(toMinutes)),
    timeZone: 'UTC',
  };
};

describe('refused with the rule that refuses', () => {
  test('403 address_not_allowed, and not a word of what is allowed', async () => {
    const { text } = harness.addToken({ addresses: { allow: ['10.20.30.0/24'], deny: [] } });
    const [status, code, , message] = await errorOf(await harness.post(text));
    expect([status, code]).toEqual([403, 'address_not_allowed']);
    expect(message).not.toContain('10.20');
    const allowed = harness.addToken({ addresses: { allow: ['127.0.0.0/8', '::1'], deny: [] } });
    expect((await harness.post(allowed.text)).status).toBe(200);
  });

  test('403 outside_time_window says when', async () => {
    const { text } = harness.addToken({ windows: [windowAround(60, 120)] });
    const [status, code, , message] = await errorOf(await harness.post(text));
    expect([status, code]).toEqual([403, 'outside_time_window']);
    expect(message).toContain('(UTC)');
    expect((await harness.post(harness.addToken({ windows: [windowAround(-60, 60)] }).text)).status).toBe(200);
  });

  test('403 by a rule of the parent, whose rules are not told', async () => {
    const rules = { scopes: ['llm:*'], models: { allow: ['*'], deny: [] }, addresses: { allow: [], deny: [] }, windows: [] };
    const child = (parent: object) => harness.addToken({}, { parents: [{ ...rules, ...parent }] }).text;
    const codes: unknown[] = [];
    for (const parent of [
      {},
      { scopes: ['api:*'] },
      { models: { allow: ['other'], deny: [] } },
      { addresses: { allow: ['10.0.0.0/8'], deny: [] } },
      { windows: [windowAround(60, 120)] },
    ]) {
      const response = await harness.post(child(parent));
      const text = await response.text();
      codes.push(response.status === 200 ? 200 : (JSON.parse(text) as { error: { code: string } }).error.code);
      expect(text).not.toMatch(/other|10\.0\.0|UTC/);
    }
    expect(codes).toEqual([200, 'permission_denied', 'model_not_allowed', 'address_not_allowed', 'outside_time_window']);
    const models = await fetch(`${harness.url}/v1/models`, {
      headers: { authorization: `Bearer ${child({ models: { allow: ['fallback'], deny: [] } })}` },
    });
    expect(((await models.json()) as { data: { id: string }[] }).data.map(({ id }) => id)).toEqual(['fallback']);
  });

  test('413 and 400 beyond the caps of the token, before a provider is asked', async () => {
    const caps = EMPTY_POLICY.caps;
    const asked = harness.calls.length;
    const long = chat({ messages: [{ role: 'user', content: 'x'.repeat(2_000) }] });
    const bytes = harness.addToken({ caps: { ...caps, requestBytes: 500 } }).text;
    expect(await errorOf(await harness.post(bytes, long))).toMatchObject([
      413,
      'body_too_large',
      null,
      expect.stringContaining('500 bytes that this token'),
    ]);
    const chunked = new ReadableStream({
      start(controller) {
        controller.enqueue(encodeUtf8(long));
        controller.close();
      },
    });
    expect((await errorOf(await harness.post(bytes, chunked, { duplex: 'half' } as RequestInit)))[0]).toBe(413);
    const input = harness.addToken({ caps: { ...caps, inputTokens: 100 } }).text;
    expect(await errorOf(await harness.post(input, long))).toMatchObject([
      400,
      'input_too_long',
      'messages',
      expect.stringContaining('100'),
    ]);
    expect(harness.calls).toHaveLength(asked);
    expect((await harness.post(bytes)).status).toBe(200);
    expect((await harness.post(input)).status).toBe(200);
  });

  test('the output cap goes to the adapter', async () => {
    const { text } = harness.addToken({ caps: { ...EMPTY_POLICY.caps, outputTokens: 7 } });
    await (await harness.post(text)).text();
    expect(harness.calls.at(-1)?.call.maxOutputTokens).toBe(7);
  });
});

describe('a stream under way ends within two seconds', () => {
  async function openStream(made: { text: string }): Promise<() => Promise<string>> {
    harness.adapt = (stream) => {
      stream.sendHead(head('text/event-stream'));
      stream.send(encodeUtf8(event('first')));
    };
    const response = await harness.post(made.text, chat({ stream: true }));
    expect(response.status).toBe(200);
    const cancels = harness.cancels.length;
    return async () => {
      const started = performance.now();
      const rest = await response.text();
      expect(performance.now() - started).toBeLessThan(2_000);
      await waitFor(() => harness.cancels.length > cancels);
      return rest;
    };
  }
  const pass = (ms: number): void => {
    clock.advance(ms);
    harness.beat();
  };

  test('of a token that is revoked', async () => {
    const made = harness.addToken();
    const rest = await openStream(made);
    const known = harness.tokens.get(made.publicId);
    if (known !== undefined) harness.tokens.set(made.publicId, { ...known, status: 'revoked', secrets: [] });
    harness.change(made.publicId, 'revoked');
    expect(await rest()).toContain('has been revoked');
  });

  test('of a token that expires', async () => {
    const rest = await openStream(harness.addToken({}, { expiresAt: clock.now() + 5_000 }));
    pass(5_001);
    expect(await rest()).toContain('has expired');
  });

  test('of a secret that expires', async () => {
    const made = harness.addToken();
    const known = harness.tokens.get(made.publicId);
    const secrets =
      known?.secrets.map((secret) => ({ ...secret, state: 'grace' as const, expiresAt: clock.now() + 5_000 })) ?? [];
    if (known !== undefined) harness.tokens.set(made.publicId, { ...known, secrets });
    const rest = await openStream(made);
    pass(5_001);
    expect(await rest()).toContain('has expired');
  });

  test('of a window that closes', async () => {
    const rest = await openStream(harness.addToken({ windows: [windowAround(-10, 2)] }));
    // The wall clock alone: the deadline of the call goes by the other one.
    clock.setNow(clock.now() + 120_000);
    expect(await rest()).toContain('outside_time_window');
  });

  test.each([
    ['loses its scope', { scopes: ['api:x'] }, 'permission_denied'],
    ['may no longer come from there', { addresses: { allow: ['10.0.0.0/8'], deny: [] } }, 'address_not_allowed'],
    ['gets other hours', { windows: [] as TimeWindow[] }, 'outside_time_window'],
  ])('of a token that %s', async (_, policy, code) => {
    const made = harness.addToken();
    const rest = await openStream(made);
    const known = harness.tokens.get(made.publicId);
    const changed = 'windows' in policy ? { windows: [windowAround(60, 120)] } : policy;
    if (known !== undefined) harness.tokens.set(made.publicId, { ...known, policy: { ...known.policy, ...changed } });
    harness.change(made.publicId, 'changed');
    expect(await rest()).toContain(code);
  });
});

test('uses are told to auth in batches, once a minute for each secret, and kept while auth is away', async () => {
  const reports: TokenUsedReport[] = [];
  const made = harness.addToken({}, { secrets: [] });
  const known = harness.tokens.get(made.publicId);
  const [pepper] = harness.router.gate.config.peppers;
  const digest = digestToken(pepper.key, made.text).toString('base64url');
  if (known !== undefined) {
    const secrets = [{ id: 'sec_use', digest, pepperVersion: pepper.version, state: 'active' as const, expiresAt: null }];
    harness.tokens.set(made.publicId, { ...known, secrets });
  }
  const { uses } = harness.router.gate;
  for (let call = 0; call < 5; call += 1) await (await harness.post(made.text)).text();
  await uses.flush();
  harness.transport.respond(SUBJECTS.tokenUsed, 'auth', async (message) => {
    reports.push(decodeJson(message.body) as TokenUsedReport);
    return encodeJson({ status: 'ok' });
  });
  const heard = () => reports.flatMap((report) => report.uses).filter(({ secretId }) => secretId === 'sec_use');
  await waitFor(async () => {
    await uses.flush();
    return heard().length > 0;
  });
  const caller = { network: '127.0.0.0/24', userAgent: 'node' };
  expect(heard()).toEqual([{ secretId: 'sec_use', usedAt: expect.any(Number), count: 5, ...caller }]);
  clock.advance(60_001);
  harness.beat();
  await (await harness.post(made.text)).text();
  await uses.flush();
  expect(heard()).toHaveLength(2);
});

test('a secret under an older pepper is sent along under the newer one, with a proof', async () => {
  const texts = ['ef'.repeat(32), 'ab'.repeat(32)];
  const peppers = readPeppers(`2:${texts[0]},1:${texts[1]}`);
  if (!peppers.ok) throw new Error(peppers.error);
  const [newer, older] = peppers.value;
  if (older === undefined) throw new Error('two peppers are needed');
  const renewing = await new RouterHarness().start({ peppers: peppers.value });
  try {
    await waitFor(() => renewing.router.gate.routes.index);
    const made = renewing.addToken();
    const known = renewing.tokens.get(made.publicId);
    const replaces = digestToken(older.key, made.text).toString('base64url');
    const secrets = [{ id: 'sec_old', digest: replaces, pepperVersion: 1, state: 'active' as const, expiresAt: null }];
    if (known !== undefined) renewing.tokens.set(made.publicId, { ...known, secrets });
    const reports: TokenUsedReport[] = [];
    renewing.transport.respond(SUBJECTS.tokenUsed, 'auth', async (message) => {
      reports.push(decodeJson(message.body) as TokenUsedReport);
      return encodeJson({ status: 'ok' });
    });
    expect((await renewing.post(made.text)).status).toBe(200);
    await renewing.router.gate.uses.flush();
    const renewed = reports[0]?.uses[0]?.renewed;
    const digest = digestToken(newer.key, made.text).toString('base64url');
    expect(renewed).toMatchObject({ digest, pepperVersion: 2, replaces });
    expect(verifyRenewal(newer, { secretId: 'sec_old', digest, pepperVersion: 2, replaces }, renewed?.proof ?? '')).toBe(true);
  } finally {
    await renewing.stop();
  }
});
