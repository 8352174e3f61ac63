import { isDeepStrictEqual } from 'node:util';
import type { AuditValue } from '@tollgate/policy';

export type AuditFields = Readonly<Record<string, AuditValue>>;

/** The fields that differ, before and after; null where none does. */
export function differenceOf(
  before: AuditFields,
  after: AuditFields,
): { readonly before: AuditFields; readonly after: AuditFields } | null {
  const keys = Object.keys(after).filter((key) => !isDeepStrictEqual(before[key], after[key]));
  if (keys.length === 0) return null;
  const pick = (fields: AuditFields): AuditFields => Object.fromEntries(keys.map((key) => [key, fields[key] ?? null]));
  return { before: pick(before), after: pick(after) };
}
