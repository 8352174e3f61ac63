import type { PoolClient } from 'pg';

/** An outbox sends again within seconds, after an outage within days: a month later nothing comes twice. */
export async function trimRecords(client: PoolClient): Promise<void> {
  await client.query(
    `DELETE FROM auth.audit_records WHERE id IN
       (SELECT id FROM auth.audit_records WHERE received_at < now() - interval '30 days' LIMIT 1000)`,
  );
}
