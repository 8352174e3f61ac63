import type { AuditEventView } from '@tollgate/contracts';

const COLUMNS: readonly (readonly [string, (event: AuditEventView) => unknown])[] = [
  ['seq', ({ seq }) => seq],
  ['time', ({ time }) => time],
  ['tenant', ({ tenant }) => tenant],
  ['actor_type', ({ actor }) => actor.type],
  ['actor_id', ({ actor }) => actor.id],
  ['actor_public_id', ({ actor }) => actor.public_id],
  ['actor_secret_id', ({ actor }) => actor.secret_id],
  ['actor_on_behalf_of', ({ actor }) => actor.on_behalf_of],
  ['action', ({ action }) => action],
  ['target_type', ({ target }) => target.type],
  ['target_id', ({ target }) => target.id],
  ['target_name', ({ target }) => target.name],
  ['decision', ({ decision }) => decision],
  ['reason', ({ reason }) => reason],
  ['request_id', (event) => event.request_id],
  ['trace_id', (event) => event.trace_id],
  ['ip', ({ ip }) => ip],
  ['user_agent', (event) => event.user_agent],
  ['before', ({ before }) => (before === null ? null : JSON.stringify(before))],
  ['after', ({ after }) => (after === null ? null : JSON.stringify(after))],
  ['prev_hash', (event) => event.prev_hash],
  ['hash', ({ hash }) => hash],
];

/** First line of the CSV form, with its end. */
export const AUDIT_CSV_HEADER = `${COLUMNS.map(([name]) => name).join(',')}\r\n`;

/** One event as a line of CSV (RFC 4180), with its end. */
export const auditCsvLine = (event: AuditEventView): string => `${COLUMNS.map(([, read]) => cell(read(event))).join(',')}\r\n`;

/** What a spreadsheet would take for a formula is made a text by a leading apostrophe (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r\n|%]/;

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = String(value);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) || safe !== text || safe.trim() !== safe ? `"${safe.replaceAll('"', '""')}"` : safe;
}
