import { expect, test } from 'vitest';
import { classifyDatabaseError, describeDatabaseFailure, isConnectionError } from './database-failure.js';

const withCode = (code: string, message = 'x'): Error => Object.assign(new Error(message), { code });
const URL_TEXT = 'postgres://me:s3cret-word@db.example:6543/tolls';

test.each([
  [withCode('ECONNREFUSED'), 'unreachable', true],
  [new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')]), 'unreachable', true],
  [new Error('Connection terminated unexpectedly'), 'unreachable', true],
  [new Error('timeout exceeded when trying to connect'), 'unreachable', true],
  [withCode('08006'), 'unreachable', true],
  [withCode('57P01'), 'unreachable', true],
  [withCode('57P03'), 'starting', true],
  [withCode('53300'), 'too_many_connections', true],
  [withCode('25006'), 'read_only', true],
  [withCode('28P01'), 'wrong_password', true],
  [withCode('3D000'), 'missing_database', true],
  [withCode('42501'), 'no_privilege', false],
  [withCode('23505'), 'query', false],
  [withCode('53100'), 'query', false],
  [new Error('some fault of ours'), 'query', false],
  [Object.assign(new Error('wrapped'), { driverError: withCode('57P01') }), 'unreachable', true],
  [new Error('wrapped twice', { cause: new Error('inner', { cause: withCode('ECONNRESET') }) }), 'unreachable', true],
  ['no error at all', 'query', false],
])('%s is %s', (error, kind, connection) => {
  expect(classifyDatabaseError(error).kind).toBe(kind);
  expect(isConnectionError(error)).toBe(connection);
});

test.each(['ECONNREFUSED', '57P03', '53300', '25006', '28P01', '3D000', '23505'])(
  '%s is told in one line that never shows the password',
  (code) => {
    const line = describeDatabaseFailure(withCode(code), URL_TEXT);
    expect(line).toContain('db.example:6543');
    expect(line).not.toContain('\n');
    expect(line).not.toContain('s3cret-word');
  },
);
