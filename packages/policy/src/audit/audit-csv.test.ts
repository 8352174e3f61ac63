import { expect, test } from 'vitest';
import { chainAuditEvent } from './audit-chain.js';
import { AUDIT_CSV_HEADER, auditCsvLine } from './audit-csv.js';
import { recordOf } from './audit-record.js';

const lineOf = (name: string, userAgent: string | null = null): string =>
  auditCsvLine(
    recordOf(
      chainAuditEvent(
        'org_1',
        { seq: 0, hash: '0'.repeat(64) },
        {
          time: '2026-01-15T12:00:00.000Z',
          actor: { type: 'token', id: 'tok_1', publicId: 'abc', secretId: 'sec_1', onBehalfOf: null },
          action: 'token.created',
          target: { type: 'token', id: 'tok_2', name },
          decision: 'allowed',
          reason: null,
          requestId: null,
          traceId: null,
          ip: '127.0.0.1',
          userAgent,
          before: null,
          after: { name: 'a,"b"' },
        },
      ),
    ),
  );

test('commas, quotes and line ends are quoted as RFC 4180 has it', () => {
  expect(AUDIT_CSV_HEADER).toMatch(/^seq,time,tenant,actor_type,.*,hash\r\n$/);
  const line = lineOf('a, "b"\nc');
  expect(line).toContain(',"a, ""b""\nc",');
  expect(line).toContain('"{""name"":""a,\\""b\\""""}"');
  expect(line.endsWith('\r\n')).toBe(true);
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '=cmd|"/c calc"!A0', '|x', '%x'])(
  'no cell is a formula: %j',
  (text) => {
    expect(lineOf(text)).toContain(`,"'${text.replaceAll('"', '""')}",`);
    expect(lineOf('ci', text)).toContain(`,"'${text.replaceAll('"', '""')}",`);
  },
);
