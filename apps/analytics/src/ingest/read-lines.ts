import type { UsageRecord } from '@tollgate/contracts';
import { decodeUtf8 } from '@tollgate/kernel';
import type { Rejection } from '../ledger/usage-batch.js';
import { checkRecord, type DayBounds } from './check-record.js';
import { storable } from './storable.js';

export interface ReadLines {
  readonly records: readonly UsageRecord[];
  readonly rejected: readonly Rejection[];
}

/** Reads an NDJSON body. A line that is no good record is rejected by its id (empty where it has none) and stops nothing. */
export function readLines(body: Uint8Array, bounds: DayBounds): ReadLines {
  const records: UsageRecord[] = [];
  const rejected: Rejection[] = [];
  for (const line of decodeUtf8(body).split('\n')) {
    if (line === '' || line === '\r') continue;
    const value = parse(line);
    if (value === undefined) {
      rejected.push({ id: '', reason: 'not JSON' });
      continue;
    }
    const checked = checkRecord(value, bounds);
    if (checked.ok) records.push(checked.value);
    else rejected.push({ id: idOf(value), reason: checked.error });
  }
  return { records, rejected };
}

/** Undefined where it is no JSON. Only a line with an escape can hold what Postgres does not store. */
function parse(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    return line.includes('\\u') ? storable(value) : value;
  } catch {
    return undefined;
  }
}

function idOf(value: unknown): string {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : null;
  return typeof id === 'string' ? id.slice(0, 200) : '';
}
