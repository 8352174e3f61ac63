import { createTestDatabase } from '@tollgate/testing';
import { expect, test } from 'vitest';
import { databaseOfAuth } from '../testing/start-auth.js';
import { Leader } from './leader.js';

test('one of several leads, stays so while asked, and is succeeded when it goes or loses its connection', async () => {
  const database = await createTestDatabase(databaseOfAuth());
  const leaders = [new Leader(database.url), new Leader(database.url), new Leader(database.url)];
  const ask = () => Promise.all(leaders.map((leader) => leader.leads()));
  try {
    const first = await ask();
    expect(first.filter(Boolean)).toHaveLength(1);
    expect(await ask()).toEqual(first);
    await leaders[first.indexOf(true)]?.resign();
    leaders.splice(first.indexOf(true), 1);
    const second = await ask();
    expect(second.filter(Boolean)).toHaveLength(1);
    const other = new Leader(database.url);
    expect(await other.leads()).toBe(false);
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tollgate-auth-rotation' AND datname = current_database()",
    );
    await client.end();
    const third = [...(await ask()), await other.leads()];
    expect(third.filter(Boolean).length).toBeLessThanOrEqual(1);
    await expect.poll(async () => [...(await ask()), await other.leads()].filter(Boolean).length).toBe(1);
    await other.resign();
  } finally {
    await Promise.all(leaders.map((leader) => leader.resign()));
    await database.drop();
  }
});
