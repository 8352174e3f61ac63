import type { AuditRecord } from '@tollgate/contracts';
import type { WriteSession } from '../store/session.js';
import type { Act } from './current-act.js';

type Noted = Pick<AuditRecord['fact'], 'action' | 'target' | 'before' | 'after'>;

/** Notes a change in its own transaction: it cannot succeed unaudited. The relay brings it to auth. */
export async function noteChange(session: WriteSession, act: Act, noted: Noted): Promise<void> {
  const { organisationId, ifMatch: _, ...from } = act;
  const fact: AuditRecord['fact'] = {
    ...noted,
    ...from,
    time: session.now.toISOString(),
    decision: 'allowed',
    reason: null,
  };
  await session.query('INSERT INTO catalog.audit_outbox (id, organisation_id, fact) VALUES ($1, $2, $3)', [
    session.newId('audit'),
    organisationId,
    JSON.stringify(fact),
  ]);
}
