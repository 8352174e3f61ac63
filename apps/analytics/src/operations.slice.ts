import { MANAGEMENT_OPERATIONS } from '@tollgate/contracts';
import { assertRoutesDeclared } from '@tollgate/nest';
import { createTestDatabase } from '@tollgate/testing';
import { expect, test } from 'vitest';
import { analyticsService } from './index.js';
import { FIXED_CLOCK } from './ledger/ledger.fixture.js';
import { startTestService } from './service.fixture.js';

test('every route is an operation of the merged document, with its permission, and the other way round', async () => {
  if (analyticsService.database === null) throw new Error('analytics stores something');
  const database = await createTestDatabase(analyticsService.database);
  const service = await startTestService(database.url, FIXED_CLOCK);
  try {
    const line = (verb: string, path: string, permission: string | null) =>
      `${verb} ${path.replace(/:(\w+)/g, '{$1}')} ${permission}`;
    const served = assertRoutesDeclared(service.context).filter(({ path }) => path.startsWith('/api/'));
    const rows = Object.values(MANAGEMENT_OPERATIONS).filter((operation) => operation.service === 'analytics');
    expect(served.map((fact) => line(fact.verb, fact.path, fact.permission)).sort()).toEqual(
      rows.map((row) => line(row.method, row.path, row.permission)).sort(),
    );
  } finally {
    await service.close();
    await database.drop();
  }
});
