import { type AuditDenial, type AuditDenials, SUBJECTS } from '@tollgate/contracts';
import { decodeJson, EMPTY_BYTES } from '@tollgate/kernel';
import { createLogger } from '@tollgate/telemetry';
import { createTestClock } from '@tollgate/testing';
import { createInProcessTransport } from '@tollgate/transport';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../boot/system-clock.js';
import { DenialLog } from './denial-log.js';

const clock = createTestClock();
const logger = createLogger({ service: 'test', level: 'fatal' });
let written: AuditDenial[] = [];
let away = false;
let log: DenialLog;

beforeEach(() => {
  written = [];
  away = false;
  const transport = createInProcessTransport({ clock: systemClock });
  transport.respond(SUBJECTS.auditDenied, 'auth', async ({ body }) => {
    if (away) throw new Error('auth is away');
    written.push(...(decodeJson(body) as AuditDenials).denials);
    return EMPTY_BYTES;
  });
  log = new DenialLog({ transport, clock, logger });
});
afterEach(() => log.onModuleDestroy());

const denial = (tokenId: string, permission = 'admin:tokens:write') => ({
  ...{ organisationId: 'org_1', tokenId, publicId: 'abcdefghijkl', secretId: null, permission },
  ...{ operation: 'POST /api/v1/tokens', reason: 'permission_denied', requestId: 'req_1', ip: null, userAgent: null },
});

test('a flood of one key is written at once, and once more a minute later with its number', async () => {
  log.note(denial('tok_1'));
  await log.send(false);
  expect(written).toMatchObject([{ tokenId: 'tok_1', count: 1, at: clock.now() }]);
  for (let i = 0; i < 5_000; i += 1) log.note(denial('tok_1'));
  await log.send(false);
  expect(written).toHaveLength(1);
  clock.advance(60_000);
  await log.send(false);
  expect(written.slice(1)).toMatchObject([{ tokenId: 'tok_1', count: 5_000 }]);
  log.note(denial('tok_1'));
  await log.send(false);
  expect(written.slice(2)).toMatchObject([{ count: 1 }]);
});

test('keys and operations are told apart, up to a bound', async () => {
  for (let i = 0; i < 3_000; i += 1) log.note(denial(`tok_${i}`));
  await log.send(false);
  expect(written).toHaveLength(1_000);
  clock.advance(60_000);
  await log.send(false);
  log.note(denial('tok_1', 'admin:tokens:read'));
  await log.send(false);
  expect(written.slice(1_000)).toMatchObject([{ permission: 'admin:tokens:read' }]);
});

test('what could not be written is written later, and nothing is counted twice', async () => {
  away = true;
  log.note(denial('tok_1'));
  await log.send(false);
  log.note(denial('tok_1'));
  await log.send(false);
  away = false;
  await log.send(false);
  expect(written).toMatchObject([{ count: 2 }]);
  await log.send(true);
  expect(written).toHaveLength(1);
});

test('what was counted is written before the end', async () => {
  log.note(denial('tok_1'));
  await log.send(false);
  log.note(denial('tok_1'));
  await log.onModuleDestroy();
  expect(written.map(({ count }) => count)).toEqual([1, 1]);
});
