import type { UsageReport } from '@tollgate/contracts';
import { decodeJson, fail, type Result } from '@tollgate/kernel';
import type { Rejection } from '../ledger/usage-batch.js';
import { checkReport, type DayBounds } from './check-record.js';
import { storable } from './storable.js';

export function readReport(body: Uint8Array, bounds: DayBounds): Result<UsageReport, Rejection> {
  let value: unknown;
  try {
    value = storable(decodeJson(body));
  } catch {
    return fail({ id: '', reason: 'not JSON' });
  }
  const checked = checkReport(value, bounds);
  if (checked.ok) return checked;
  const id = typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string' ? value.id : '';
  return fail({ id: id.slice(0, 200), reason: checked.error });
}
