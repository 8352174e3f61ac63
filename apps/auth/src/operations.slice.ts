import { MANAGEMENT_OPERATIONS } from '@tollgate/contracts';
import { assertRoutesDeclared } from '@tollgate/nest';
import { expect, test } from 'vitest';
import { startAuth } from './testing/start-auth.js';

test('every route is an operation of the contracts, with its permission, and the other way round', async () => {
  const auth = await startAuth();
  try {
    // What lies outside /api is not of the public origin.
    const routes = assertRoutesDeclared(auth.handle.context)
      .filter(({ path }) => path.startsWith('/api/'))
      .map(({ verb, path, permission }) => ({ verb, path, permission }));
    const operations = Object.values(MANAGEMENT_OPERATIONS)
      .filter(({ service }) => service === 'auth')
      .map(({ method, path, permission }) => ({
        verb: method,
        path: path.replaceAll(/\{(\w+)\}/g, ':$1'),
        permission,
      }));
    const order = (a: { verb: string; path: string }, b: { verb: string; path: string }) =>
      `${a.path} ${a.verb}`.localeCompare(`${b.path} ${b.verb}`);
    expect(routes.sort(order)).toEqual(operations.sort(order));
  } finally {
    await auth.close();
  }
});
