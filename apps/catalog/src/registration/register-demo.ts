import { findProvider } from '@tollgate/providers';
import { demoModels } from '../prices/demo-models.js';
import { putModels } from '../store/put-models.js';
import { putCredential, putProvider } from '../store/put-provider.js';
import type { WriteSession } from '../store/session.js';
import { specOfRow } from './spec-of-row.js';

/** The demo provider is always there: a new installation answers without any key. */
export async function registerDemo(session: WriteSession): Promise<void> {
  const row = findProvider('demo');
  if (row === undefined) throw new Error('the registry has no demo provider');
  const [own] = await session.query<{ origin: string }>(`SELECT origin FROM catalog.providers WHERE name = 'demo'`);
  // The file may say something else of it.
  if (own?.origin === 'file') return;
  const spec = specOfRow(row, 'builtin');
  if (!spec.ok) throw new Error('the row of the demo provider cannot be placed');
  const id = await putProvider(session, spec.value);
  await putCredential(session, id, 'none', { source: 'none' }, 'builtin');
  await putModels(session, { id, name: row.name }, demoModels(), 'builtin');
}
