import { type AuditCheckpointView, type AuditEventView, type Page, SUBJECTS } from '@tollgate/contracts';
import { encodeJson } from '@tollgate/kernel';
import { AuditExportVerifier, readAuditKey, readAuditPublicKey } from '@tollgate/policy';
import { createTestClock, createTestDatabase, waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AUDIT_KEY_TEXT, bootAuth, databaseOfAuth, type RunningAuth, startAuth } from '../testing/start-auth.js';
import { CHECKPOINT_EVENTS, Checkpointer } from './checkpointer.js';

let auth: RunningAuth;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.close());

const search = (query = '', token?: string, running = auth) =>
  running.call<Page<AuditEventView>>('GET', `/api/v1/audit/events${query}`, undefined, token);
const made = async (fields: Record<string, unknown> = {}) => {
  const { status, body } = await auth.call<{ id: string; token: string; public_id: string }>('POST', '/api/v1/tokens', {
    name: 'audited',
    ...fields,
  });
  expect(status).toBe(201);
  return body;
};

async function exported(query = '', running = auth): Promise<string> {
  const response = await fetch(`${running.handle.url}/api/v1/audit/export${query}`, {
    headers: { authorization: `Bearer ${running.secrets.admin}` },
  });
  expect(response.status).toBe(200);
  return response.text();
}

function verify(text: string, keys: readonly string[] = [AUDIT_KEY_TEXT]) {
  const pinned = keys.map((key) => readAuditPublicKey(readAuditKey(key)?.publicKey ?? '')).filter((key) => key !== null);
  const verifier = new AuditExportVerifier({ pinned });
  expect(text.endsWith('\n')).toBe(true);
  for (const line of text.slice(0, -1).split('\n')) {
    const flaw = verifier.take(line);
    if (flaw !== null) return flaw;
  }
  return verifier.finish();
}

test('200: a change is found by its actor, its target, its action, its time and its decision', async () => {
  const token = await made();
  const all = (await search(`?target=${token.id}`)).body;
  expect(all.data).toMatchObject([{ action: 'token.created', decision: 'allowed', target: { id: token.id, name: 'audited' } }]);
  const [event] = all.data as [AuditEventView];
  const queries = [
    `?actor=${event.actor.id}`,
    `?actor=${event.actor.public_id}`,
    '?action=token.created',
    '?action=token.*',
    '?decision=allowed',
    `?from=${event.time}&to=2999-01-01T00:00:00Z`,
    `?actor=${event.actor.id}&target=${token.id}&action=token.c*&decision=allowed`,
  ];
  for (const query of queries) {
    expect(
      (await search(query)).body.data.some(({ seq }) => seq === event.seq),
      query,
    ).toBe(true);
  }
  const others = ['?actor=nobody', '?action=token.revoked', '?decision=denied', `?to=${event.time}`, '?target=%25', "?actor='"];
  for (const query of others) {
    expect(
      (await search(query)).body.data.some(({ seq }) => seq === event.seq),
      query,
    ).toBe(false);
  }
});

test('200: pages follow one another without a gap or a double', async () => {
  for (let i = 0; i < 5; i += 1) await made();
  const whole = (await search('?action=token.*&limit=200')).body.data.map(({ seq }) => seq);
  const seqs: number[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { body }: { body: Page<AuditEventView> } = await search(
      `?action=token.*&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    seqs.push(...body.data.map(({ seq }) => seq));
    cursor = body.next_cursor;
  }
  expect(seqs).toEqual(whole);
  expect((await search('?cursor=bm9uZQ')).status).toBe(400);
  expect((await search('?cursor=OTk5OS05OS05OVQ5OTo5OTo5OS45OTlaIDE')).status).toBe(400);
  expect((await search('?action=%25')).status).toBe(400);
});

test('reading and exporting leave a trace, a search that is repeated within the minute one', async () => {
  const target = `tok_${Math.random()}`;
  for (let i = 0; i < 3; i += 1) await search(`?target=${target}`);
  const reads = (await search('?action=audit.read&limit=200')).body.data;
  expect(reads.filter(({ after }) => (after as { target?: string }).target === target)).toHaveLength(1);
  await exported();
  expect((await search('?action=audit.exported')).body.data[0]).toMatchObject({
    actor: { type: 'token' },
    after: { format: 'jsonl' },
  });
});

test('an export verifies, ends with itself and is signed to its end; so does a range of it', async () => {
  const text = await exported();
  const lines = text.trimEnd().split('\n');
  expect(verify(text)).toMatchObject({ tenant: auth.secrets.organisationId, first_seq: 1 });
  expect(JSON.parse(lines.at(-1) ?? '')).toHaveProperty('checkpoint');
  expect(JSON.parse(lines.at(-2) ?? '')).toMatchObject({ event: { action: 'audit.exported' } });
  expect(verify(await exported('?from_seq=3&to_seq=6'))).toMatchObject({ first_seq: 3, last_seq: 6, events: 4 });
  expect(verify(await exported('?from_seq=5'))).toMatchObject({ first_seq: 5 });
  expect(verify(await exported('?from=2000-01-01T00:00:00Z&to=2001-01-01T00:00:00Z'))).toMatchObject({ events: 0 });
  expect(verify(await exported('?from_seq=999999'))).toMatchObject({ events: 0 });
  const time = (JSON.parse(lines[4] ?? '') as { event: AuditEventView }).event.time;
  expect(verify(await exported(`?from=${time}&to=2999-01-01T00:00:00Z`))).toMatchObject({ events: expect.any(Number) });
});

test('the CSV form has every event, and no cell that a spreadsheet would run', async () => {
  await made({ name: '=HYPERLINK("http://x","y")' });
  const text = await exported('?format=csv');
  const head = (await search('?limit=1')).body.data[0];
  expect(text.split('\r\n').length - 2).toBeGreaterThanOrEqual((head?.seq ?? 0) - 1);
  expect(text).toContain(`,"'=HYPERLINK(""http://x"",""y"")",`);
  expect(text).not.toMatch(/(^|,)"?[=@]/m);
});

test('public keys are open to everybody; nothing else is', async () => {
  const keys = await fetch(`${auth.handle.url}/api/v1/audit/keys`);
  expect(await keys.json()).toMatchObject({
    data: [{ id: readAuditKey(AUDIT_KEY_TEXT)?.id, algorithm: 'Ed25519', active: true }],
  });
  for (const path of ['events', 'export', 'checkpoints']) {
    expect((await fetch(`${auth.handle.url}/api/v1/audit/${path}`)).status, path).toBe(401);
    expect((await auth.call('GET', `/api/v1/audit/${path}`, undefined, auth.secrets.token)).status, path).toBe(403);
  }
});

test('what is refused to a key that is known is written, however often at small cost', async () => {
  const weak = await made({ type: 'management_key', scopes: ['admin:tokens:read'] });
  for (let i = 0; i < 40; i += 1) {
    expect((await auth.call('POST', '/api/v1/tokens', { name: 'no' }, weak.token)).status).toBe(403);
  }
  const denied = async () => (await search(`?decision=denied&actor=${weak.id}`)).body.data;
  const [event] = await waitFor(async () => ((await denied()).length > 0 ? denied() : null), {
    what: 'the refusal in the trail',
  });
  expect(event).toMatchObject({
    action: 'access.denied',
    decision: 'denied',
    reason: 'permission_denied',
    actor: { type: 'token', id: weak.id },
    target: { type: 'permission', id: 'admin:tokens:write', name: 'POST /api/v1/tokens' },
  });
  expect((await denied()).length).toBeLessThanOrEqual(2);

  await auth.call('POST', `/api/v1/tokens/${weak.id}/revoke`, {});
  expect((await auth.call('GET', '/api/v1/tokens', undefined, weak.token)).status).toBe(401);
  await waitFor(
    async () => (await denied()).some(({ reason, actor }) => reason === 'token_revoked' && actor.secret_id === null) || null,
    {
      what: 'the use of the revoked key in the trail',
    },
  );
});

test('a change of another service stands in the trail once, however often it is sent', async () => {
  const record = (id: string, organisationId = auth.secrets.organisationId) => ({
    id,
    organisationId,
    fact: {
      time: new Date().toISOString(),
      actor: { type: 'token', id: 'tok_1', publicId: 'abcdefghijkl', secretId: 'sec_1', onBehalfOf: null },
      action: 'route.created',
      target: { type: 'route', id: `route_${id}`, name: 'fast' },
      ...{ decision: 'allowed', reason: null, requestId: 'req_1', traceId: null, ip: '127.0.0.1', userAgent: null },
      ...{ before: null, after: { model: 'fast' } },
    },
  });
  const send = (...records: unknown[]) =>
    auth.transport.request(SUBJECTS.auditRecord, encodeJson({ records }), { timeoutMs: 5_000 });
  // One organisation that is gone holds up nobody.
  await send(record('audit_1'), record('audit_2'), record('audit_1'), record('audit_9', 'org_gone'));
  await send(record('audit_2'), record('audit_3'));
  const { data } = (await search('?action=route.created')).body;
  expect(data.map(({ target }) => target.id).sort()).toEqual(['route_audit_1', 'route_audit_2', 'route_audit_3']);
  expect(verify(await exported())).not.toHaveProperty('flaw');
});

test('an organisation sees and exports its own trail only', async () => {
  const { dataSource } = auth;
  const other = 'org_0000000000000000000000000x';
  await dataSource.query('INSERT INTO auth.organisations (id, name, created_at, updated_at) VALUES ($1, $1, now(), now())', [
    other,
  ]);
  const { appendAudit } = await import('./append-audit.js');
  await dataSource.transaction((manager) =>
    appendAudit(manager, other, [
      {
        time: new Date().toISOString(),
        actor: { type: 'system', id: 'secret-of-another', publicId: null, secretId: null, onBehalfOf: null },
        action: 'token.created',
        target: { type: 'token', id: 'tok_of_another', name: null },
        ...{ decision: 'allowed', reason: null, requestId: null, traceId: null, ip: null, userAgent: null },
        ...{ before: null, after: null },
      },
    ]),
  );
  expect((await search('?target=tok_of_another')).body.data).toEqual([]);
  for (const format of ['jsonl', 'csv'])
    expect((await exported(`?format=${format}`)).includes('secret-of-another'), format).toBe(false);
  const { body } = await auth.call<Page<AuditCheckpointView>>('GET', '/api/v1/audit/checkpoints?limit=200');
  expect(body.data.every(({ tenant }) => tenant === auth.secrets.organisationId)).toBe(true);
});

test('a checkpoint is signed every 1,000 events, and a minute after a change', async () => {
  const clock = createTestClock(Date.now());
  const database = await createTestDatabase(databaseOfAuth());
  const running = await startAuth({ url: database.url, overrides: { clock } });
  try {
    const checkpointer = running.handle.context.get(Checkpointer);
    const signed = async () =>
      (await running.call<Page<AuditCheckpointView>>('GET', '/api/v1/audit/checkpoints')).body.data.map(({ seq }) => seq);
    await checkpointer.run();
    expect(await signed()).toEqual([]);
    // The first organisation was made by the system's own clock, which is a little ahead.
    clock.advance(90_000);
    await checkpointer.run();
    const [first = 0] = await signed();
    expect(first).toBeGreaterThan(0);
    await checkpointer.run();
    expect(await signed()).toEqual([first]);

    const { appendAudit } = await import('./append-audit.js');
    const fact = {
      time: new Date(clock.now()).toISOString(),
      actor: { type: 'system' as const, id: 'load', publicId: null, secretId: null, onBehalfOf: null },
      action: 'load.made',
      target: { type: 'load', id: 'x', name: null },
      ...{ decision: 'allowed' as const, reason: null, requestId: null, traceId: null, ip: null, userAgent: null },
      ...{ before: null, after: null },
    };
    const { organisationId } = running.secrets;
    const unsigned = await running.dataSource.transaction((manager) =>
      appendAudit(
        manager,
        organisationId,
        Array.from({ length: 2 * CHECKPOINT_EVENTS + 5 }, () => fact),
      ),
    );
    checkpointer.noteUnsigned(organisationId, unsigned);
    await waitFor(async () => (await signed()).length === 4 || null, { what: 'three more checkpoints' });
    expect(await signed()).toEqual([2_005, 2_000, 1_000, 0].map((events) => events + first));
    expect(verify(await exported('', running))).toMatchObject({ checkpoints: 5 });
  } finally {
    await running.close();
    await database.drop();
  }
});

test.each([
  ['an edited row', "UPDATE auth.audit_events SET reason = 'forged' WHERE seq = 2", 'edited'],
  ['a deleted row', 'DELETE FROM auth.audit_events WHERE seq = 2', 'gap'],
  ['a cut end', 'DELETE FROM auth.audit_events WHERE seq > 2', 'truncated'],
  [
    'a cut end, with the head',
    'DELETE FROM auth.audit_events WHERE seq > 2; UPDATE auth.audit_heads SET seq = 2, hash = (SELECT hash FROM auth.audit_events WHERE seq = 2)',
    'truncated',
  ],
  ['a forged checkpoint', "UPDATE auth.audit_checkpoints SET signature = repeat('A', 86)", 'signature'],
  ['a removed checkpoint', 'DELETE FROM auth.audit_checkpoints WHERE number = 2', 'checkpoint'],
  ['a moved head', 'UPDATE auth.audit_heads SET seq = seq + 5', 'gap'],
])('%s in the database is found in the next export', async (_, sql, flaw) => {
  const database = await createTestDatabase(databaseOfAuth());
  const running = await startAuth({ url: database.url });
  try {
    expect(verify(await exported('', running))).not.toHaveProperty('flaw');
    await running.call('POST', '/api/v1/tokens', { name: 'more' });
    expect(verify(await exported('', running))).not.toHaveProperty('flaw');
    await running.dataSource.query(sql);
    expect(verify(await exported('', running))).toMatchObject({ flaw });
  } finally {
    await running.close();
    await database.drop();
  }
});

test('what was tampered with before it was signed is never signed', async () => {
  const database = await createTestDatabase(databaseOfAuth());
  const running = await startAuth({ url: database.url });
  try {
    const { organisationId } = running.secrets;
    const checkpointer = running.handle.context.get(Checkpointer);
    await running.call('POST', '/api/v1/tokens', { name: 'unsigned' });
    await running.dataSource.query("UPDATE auth.audit_events SET reason = 'forged' WHERE action = 'token.created' AND seq = 2");
    expect(await checkpointer.checkpoint(organisationId)).toBe('broken');
    expect((await running.call<Page<AuditCheckpointView>>('GET', '/api/v1/audit/checkpoints')).body.data).toEqual([]);
    expect(verify(await exported('', running))).toMatchObject({ flaw: 'edited', seq: 2, line: 3 });
    // Put back, it is whole again.
    await running.dataSource.query('UPDATE auth.audit_events SET reason = NULL WHERE seq = 2');
    expect(await checkpointer.checkpoint(organisationId)).toBe('made');
    expect(verify(await exported('', running))).not.toHaveProperty('flaw');
  } finally {
    await running.close();
    await database.drop();
  }
});

test('after a change of the key the trail goes on, and what was signed before stays valid', async () => {
  const database = await createTestDatabase(databaseOfAuth());
  const first = await startAuth({ url: database.url });
  expect(verify(await exported('', first))).not.toHaveProperty('flaw');
  await first.close();
  const later = 'ef'.repeat(32);
  const handle = await bootAuth(database.url, { variables: { TOLLGATE_AUDIT_KEY: later } });
  try {
    const text = await exported('', { ...first, handle });
    const ids = [AUDIT_KEY_TEXT, later].map((key) => readAuditKey(key)?.id);
    expect(verify(text)).toMatchObject({ flaw: 'signature' });
    expect(verify(text, [AUDIT_KEY_TEXT, later])).toMatchObject({ key_ids: expect.arrayContaining(ids) });
    const { data } = (await (await fetch(`${handle.url}/api/v1/audit/keys`)).json()) as {
      data: { id: string; active: boolean }[];
    };
    expect(data.map(({ id, active }) => [id, active])).toEqual([
      [ids[1], true],
      [ids[0], false],
    ]);
  } finally {
    await handle.close();
    await database.drop();
  }
});

test('without a key, or with one that is none, auth does not start, and says why', async () => {
  for (const [key, line] of [
    ['', 'TOLLGATE_AUDIT_KEY is missing'],
    ['short', 'TOLLGATE_AUDIT_KEY is not usable'],
  ] as const) {
    await expect(bootAuth('postgres://nobody@127.0.0.1:1/none', { variables: { TOLLGATE_AUDIT_KEY: key } })).rejects.toThrow(
      line,
    );
  }
});
